/**
 * The values of the names in a comma-separated list, in the order of the
 * entries; all of them if it is undefined.
 * @throws {Error} If a name does not exist.
 */
export function selectNamed<T>(
  list: string | undefined,
  entries: readonly (readonly [string, T])[],
): T[] {
  const names = list?.split(",");
  const unknown = names?.filter((name) => !entries.some(([id]) => id === name));
  if (unknown !== undefined && unknown.length > 0) {
    const known = entries.map(([id]) => id).join(", ");
    throw new Error(
      `Cannot select "${unknown.join(",")}": there are only ${known}`,
    );
  }
  return entries.filter(([id]) => names?.includes(id) ?? true)
    .map(([, value]) => value);
}
