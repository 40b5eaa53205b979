/** What the cache needs of a Redis client: one connection, which is either there or over. */

export interface RedisEvents {
  /** A message on the channel, in the order of the replies. */
  readonly message: (text: string) => void
  /** The connection is over; what was sent and not answered rejects. Nothing is sent again by itself. */
  readonly lost: (reason: unknown) => void
}

export interface RedisSession {
  /** Sends one command; those of one turn go out together. Rejects with the server's error. */
  send(command: readonly string[]): Promise<unknown>
  close(): void
}

export interface RedisDriver {
  /** Connects and subscribes to one channel; rejects when that fails. */
  open(channel: string, events: RedisEvents): Promise<RedisSession>
}

/** Redis did not do what it was asked: it is away, said no, or took too long. The cache goes on without it. */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure'
}
