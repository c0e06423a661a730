/** How long things take and last around event streams, in milliseconds. Tests make some of them short. */
export interface StreamTimes {
  /** Beside notifications the outbox is looked at this often: a lost one costs no more. */
  readonly pollMs: number;
  /** Between two looks, however often it is woken: an order leaves its events in several transactions within a moment. */
  readonly gatherMs: number;
  /** After a failure the database is asked again this late. */
  readonly outageMs: number;
  /** How long one question to the database may take. */
  readonly patienceMs: number;
  /** How often it is asked whether the API keys of open streams are still good. */
  readonly credentialsMs: number;
  /** A sign of life, so that proxies keep the connection and a dead receiver is found. */
  readonly heartbeatMs: number;
  /** A receiver that reads nothing for so long is cut off. */
  readonly stallMs: number;
  /** How long a stream that was ended may take to hand over its last bytes. */
  readonly goodbyeMs: number;
}

export const STREAM_TIMES: StreamTimes = {
  pollMs: 2_000,
  gatherMs: 10,
  outageMs: 1_000,
  patienceMs: 10_000,
  credentialsMs: 2_000,
  heartbeatMs: 15_000,
  stallMs: 30_000,
  goodbyeMs: 5_000,
};
