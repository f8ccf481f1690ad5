/** A message without what differs from case to case: numbers and quotations. */
export function toTemplate(message: string): string {
  return message.replaceAll(/"[^]*"/g, "…").replaceAll(/0x[0-9A-Fa-f]+/g, "0x")
    .replaceAll(/\d+/g, "0");
}
