import { BlockList, isIP } from 'node:net';
import type { NextFunction, Request, Response } from 'express';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Lets pass who sits at this machine and has typed its own name: the page has no passwords, and to everybody else it is not
 * there. A page of another site that was made to lead here names its own host (DNS rebinding), and one that posts a form to here
 * names its own origin.
 */
export function ownMachineOnly(request: Request, response: Response, next: NextFunction): void {
  const { socket, headers, hostname } = request;
  const { origin } = headers;
  const isOwn =
    isLoopback(socket.remoteAddress ?? '') &&
    (hostname === 'localhost' || isLoopback(hostname.replaceAll(/[[\]]/g, ''))) &&
    !Object.keys(headers).some((name) => /forwarded|^via$/.test(name)) &&
    (request.method === 'GET' || origin === undefined || origin === `http://${headers.host}`);
  if (isOwn) next();
  else response.status(404).end();
}

function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
