import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import {
  connect,
  createSecureServer,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { runFolder } from './run.ts';

/* What stands before Temporal Cloud: it ends TLS, and takes several client certificates and API keys at once, and none that is not listed. */

/** Whether certificates can be made. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Front {
  readonly address: string;
  /** Whom a client takes for Temporal. */
  readonly certFile: string;
  readonly serverName: string;
  /** From now on these are taken, and no others. */
  take(listed: { readonly certificates: readonly Certificate[]; readonly apiKeys: readonly string[] }): void;
  /** How many were turned away. */
  refused(): number;
  close(): void;
}

const SERVER_NAME = 'frontend.example';
/** gRPC's code of a caller who is not known. */
const UNAUTHENTICATED = '16';

/** A certificate that is its own authority. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(runFolder(), 'certificate-'));
  const [certFile, keyFile] = [join(folder, 'own.pem'), join(folder, 'own.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', `/CN=${folder.slice(-6)}`, '-addext', `subjectAltName=DNS:${SERVER_NAME}`];
  // Workers do not take an authority's own certificate for a server's.
  const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE'];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '1', ...subject, ...leaf], {
    stdio: 'ignore',
  });
  return { certFile, keyFile };
}

/** Starts one before a Temporal server. */
export async function startFront(temporal: string): Promise<Front> {
  const port = await freePort();
  const { certFile, keyFile } = makeCertificate();
  const own = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const upstream = connect(`http://${temporal}`);
  const server = createSecureServer({ ...own, requestCert: true, rejectUnauthorized: true });
  let refused = 0;
  let keys: readonly string[] = [];
  server.on('tlsClientError', () => (refused += 1));
  server.on('stream', (stream, headers) => {
    if (keys.some((key) => headers.authorization === `Bearer ${key}`)) {
      passOn(stream, upstream.request(withoutPlace(headers)));
    } else {
      refused += 1;
      stream.respond({ 'content-type': 'application/grpc', 'grpc-status': UNAUTHENTICATED }, { endStream: true });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${port}`,
    certFile,
    serverName: SERVER_NAME,
    take({ certificates, apiKeys }) {
      keys = apiKeys;
      server.setSecureContext({ ...own, ca: certificates.map((one) => readFileSync(one.certFile)) });
    },
    refused: () => refused,
    close() {
      server.close();
      upstream.destroy();
    },
  };
}

/** A call of gRPC says how it went in what follows its body. */
function passOn(stream: ServerHttp2Stream, onward: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  for (const one of [stream, onward]) one.on('error', () => undefined);
  stream.pipe(onward);
  onward.on('trailers', (said) => (trailers = said));
  onward.on('response', (answer) => {
    stream.respond(answer, { waitForTrailers: true });
    onward.pipe(stream);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
}

function withoutPlace(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== ':authority' && name !== ':scheme'));
}
