import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether an address is this machine's own, as it talks to itself. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** What a proxy adds. Whoever sends one speaks for somebody else, or says so. */
const FORWARDED =
  /forwarded|(^|-)(client-?ip|real-ip|user-ip|original-host|connecting-ip|external-address)$|^via$|^cf-/;

/**
 * Whether somebody on this machine has sent the request, and to a name that means this machine: the connection says from where, and
 * `Host` must be a loopback name or address with the very port of the connection. A page of another site whose name leads here (DNS
 * rebinding) names its own host. What proxies say of the caller counts only against it.
 */
export function isFromThisMachine({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  if (!isLoopback(socket.remoteAddress ?? '')) return false;
  if (Object.keys(headers).some((name) => FORWARDED.test(name))) return false;
  return namesLoopback(headers.host ?? '', socket.localPort);
}

const HOST = /^(?:(localhost)|(\d{1,3}(?:\.\d{1,3}){3})|\[([0-9a-f:.]+)\])(?::(\d{1,5}))?$/i;
const HTTP_PORT = 80;

function namesLoopback(host: string, port: number | undefined): boolean {
  const [whole, name, ipv4, ipv6, given] = HOST.exec(host) ?? [];
  if (whole === undefined || Number(given ?? HTTP_PORT) !== port) return false;
  return name !== undefined || isLoopback(ipv4 ?? ipv6 ?? '');
}
