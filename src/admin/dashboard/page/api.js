/** The request had no valid login. */
export class LoginNeeded extends Error {}

/** Asks the API; the cookie of the login goes along. */
export async function ask(path, options = {}) {
  const response = await fetch(path, options);
  if (response.status === 401) throw new LoginNeeded();
  if (response.status === 204) return null;
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.detail}: ${answer.remedy}`);
  return answer;
}

/** Exchanges a token for a cookie; false if it is not accepted. */
export async function logIn(token) {
  const response = await fetch("/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  return response.ok;
}
