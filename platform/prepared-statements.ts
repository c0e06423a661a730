import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';

/** Our own statements are some sixty; what a caller may vary without end (`in (?, ?, …)`) must not fill the server's memory. */
const PREPARED_LIMIT = 200;

/**
 * Lets PostgreSQL parse and plan each statement with parameters once a connection instead of every time, which is half of what a
 * short statement costs. A pooler between us and the server must know prepared statements (PgBouncer: `max_prepared_statements`).
 */
export function prepareStatements(client: ClientBase): void {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= PREPARED_LIMIT) return known;
    const name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
    return name;
  };
  const query = client.query.bind(client);
  Object.defineProperty(client, 'query', {
    configurable: true,
    value(text: unknown, values: unknown, ...rest: unknown[]): unknown {
      const prepared =
        typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
      return Reflect.apply(
        query,
        client,
        prepared ? [{ name: prepared, text, values }, ...rest] : [text, values, ...rest],
      );
    },
  });
}
