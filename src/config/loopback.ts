/** Whether only this machine can reach the address; one without host is a Unix socket. */
export function isLoopback({ hostname }: { readonly hostname?: string }) {
  return hostname === undefined || hostname === "localhost" ||
    hostname === "::1" || /^127(\.\d+){3}$/.test(hostname);
}
