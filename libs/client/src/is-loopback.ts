const LOCAL_SOCKET = /^unix(-abstract)?:/;
const SCHEME = /^(dns:(\/\/\/)?|ipv4:|ipv6:)/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether an address, `host:port` or a gRPC target, stays on this machine. */
export function isLoopback(address: string): boolean {
  return LOCAL_SOCKET.test(address) || LOOPBACK.test(address.replace(SCHEME, ''));
}
