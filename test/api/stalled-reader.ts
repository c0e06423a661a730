import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A client that asks for a stream, reads its head and then nothing more, with as small a receive buffer as TCP allows. */
export interface StalledReader {
  leave(): Promise<void>;
}

// Node cannot set SO_RCVBUF; without it the kernel takes megabytes before anybody notices that nobody reads.
const CLIENT = `
import socket, sys
host, port, path, token = sys.argv[1:5]
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
s.connect((host, int(port)))
s.sendall(f"GET {path} HTTP/1.1\\r\\nHost: {host}\\r\\nAuthorization: Bearer {token}\\r\\n\\r\\n".encode())
print(s.recv(64).split(b"\\r\\n")[0].decode(), flush=True)
# Until whoever started it leaves, or is gone.
sys.stdin.read()
`;

export async function stalledReader(url: string, path: string, token: string): Promise<StalledReader> {
  const { hostname, port } = new URL(url);
  const child = spawn('python3', ['-c', CLIENT, hostname, port, path, token], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [head] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  if (head !== 'HTTP/1.1 200 OK') throw new Error(`refused: ${head}`);
  return {
    async leave() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
