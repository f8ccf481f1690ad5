/** Whether only this machine can reach the address; one without host is a Unix socket. */
export function isLoopback(
  { hostname = "" }: { readonly hostname?: string; readonly path?: string },
): boolean {
  return hostname === "" || hostname === "localhost" ||
    hostname === "::1" || /^127(\.\d+){3}$/.test(hostname);
}
