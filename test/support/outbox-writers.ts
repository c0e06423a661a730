import { Client } from 'pg';
import { createWatermark } from '../../office/outbox/watermark.ts';
import { readOutbox } from '../../office/outbox/outbox.ts';
import type { Orm } from '../../platform/orm.ts';
import type { TestDatabase } from './database.ts';

/** Makes orders that events can be of, all between the same parties. */
export async function plainOrders(database: TestDatabase, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await database.orm.em.fork().execute(
      `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on)
       values (?, 'ada', 'mill', 'swift', 'requested', 'd', '[]', 's', 'delivery')`,
      [id],
    );
  }
}

/** A session of its own that writes events, one transaction after the other. */
export class EventWriter {
  readonly client: Client;
  #written: string[] = [];
  #open = false;
  #count = 0;
  readonly #name: string;
  /** The ids that were committed. */
  readonly committed: string[] = [];

  constructor(url: string, name: string) {
    this.client = new Client(url);
    this.#name = name;
  }

  async begin(): Promise<void> {
    if (this.#open) return;
    await this.client.query('begin');
    this.#open = true;
  }

  /** Within the open transaction, or as one of its own. */
  async write(orderId: string): Promise<void> {
    const id = await this.#insert(orderId);
    (this.#open ? this.#written : this.committed).push(id);
  }

  /** Writes, and takes back that part of the transaction alone. */
  async writeInVain(orderId: string): Promise<void> {
    if (!this.#open) return;
    await this.client.query('savepoint part');
    await this.#insert(orderId);
    await this.client.query('rollback to savepoint part');
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    if (!this.#open) return;
    await this.client.query(how);
    this.#open = false;
    if (how === 'commit') this.committed.push(...this.#written);
    this.#written = [];
  }

  async #insert(orderId: string): Promise<string> {
    this.#count += 1;
    const { rows } = await this.client.query<{ id: string }>(
      `insert into order_events (order_id, key, type, actor, body) values ($1, $2, 'intervention_made', 'service', '{}') returning id`,
      [orderId, `${this.#name}-${this.#count}`],
    );
    return rows[0]?.id ?? 'none';
  }
}

/** Opens so many writers, lets them work, and closes them. */
export async function withWriters(
  url: string,
  names: readonly string[],
  work: (writers: readonly EventWriter[]) => Promise<void>,
): Promise<void> {
  const writers = names.map((name) => new EventWriter(url, name));
  await Promise.all(writers.map(({ client }) => client.connect()));
  try {
    await work(writers);
  } finally {
    await Promise.all(writers.map(({ client }) => client.end()));
  }
}

/** A reader as a stream is one: it remembers its place and never looks back. */
export class OutboxTail {
  readonly seen: string[] = [];
  readonly #orm: Orm;
  readonly watermark;
  #after: bigint;

  constructor(orm: Orm, after: bigint) {
    this.#orm = orm;
    this.#after = after;
    this.watermark = createWatermark(orm);
  }

  /** Reads what is settled; a small page, so that a page's end is met often. */
  async read(limit = 3): Promise<void> {
    const { settled: upTo } = await this.watermark.read();
    if (upTo === undefined) return;
    for (;;) {
      const page = await readOutbox(this.#orm.em.fork(), { after: this.#after, upTo, limit });
      this.seen.push(...page.map(({ place }) => String(place.id)));
      this.#after = page.at(-1)?.place.id ?? this.#after;
      if (page.length < limit) return;
    }
  }
}
