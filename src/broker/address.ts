/** Groups of an IPv6 address that a provider gives to one customer. */
const NETWORK_GROUPS = 4;

/**
 * What counts as one address: an IPv4 address, or the /64 network of an IPv6
 * one, for whoever has one address of it has all. `address:port` comes in;
 * what is no IP address stays as it is.
 */
export function networkOf(remoteAddress: string): string {
  const host = hostOf(remoteAddress);
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(host);
  if (mapped !== null) return mapped[1];
  if (!host.includes(":")) return host;
  const [head, tail = ""] = host.replace(/%.*$/, "").split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const missing = Math.max(0, 8 - first.length - last.length);
  const groups = host.includes("::")
    ? [...first, ...new Array(missing).fill("0"), ...last]
    : first;
  return `${groups.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/** `address:port` without the port. */
function hostOf(remoteAddress: string): string {
  return remoteAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
