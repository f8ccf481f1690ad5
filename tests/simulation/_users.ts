/** The clients belong to two users. */
export type User = "even" | "odd";

export const OTHER_USER: Readonly<Record<User, User>> = {
  even: "odd",
  odd: "even",
};

/** The user whose client it is. */
export function userOf(clientIdentifier: string): User {
  const index = Number(clientIdentifier.slice(clientIdentifier.length - 1));
  return index % 2 === 0 ? "even" : "odd";
}
