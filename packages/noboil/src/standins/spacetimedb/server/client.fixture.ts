/** The SDK's client, connected to a host, for the tests of its server. */
import { type DbConnectionImpl, setGlobalLogLevel } from 'spacetimedb'
import type * as Module from '../module.fixture.ts'
import type { ModuleHost } from '../host.ts'
import type { RemoteOf } from '../bindings/types.ts'

export type NotesHost = ModuleHost<typeof Module>
export type Client = DbConnectionImpl<RemoteOf<typeof Module>>

export interface ClientOptions {
  /** Over a socket; without it, within the process. */
  readonly url?: string
  readonly token?: string
}

setGlobalLogLevel('error')

/** A client that has connected. Rejects with what the SDK says when it could not. */
export function connectClient(
  host: NotesHost,
  { url, token }: ClientOptions = {},
): Promise<Client> {
  const { builder } = host.bindings()
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  const made = builder()
    .withUri(url ?? 'http://in.process')
    .withDatabaseName('notes')
    .withToken(token)
    .withCompression('none')
    .onConnect((client) => resolve(client))
    .onConnectError((_context, error) => reject(error))
    .onDisconnect((_context, error) => reject(error ?? new Error('The connection ended.')))
  if (url === undefined) made.withWSFn(host.webSocket())
  made.build()
  return promise
}

/** Subscribes, and waits until the rows are there. Rejects with the server's refusal. */
export function subscribed(client: Client, ...queries: string[]): Promise<{ unsubscribe(): void }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ unsubscribe(): void }>()
  const handle = client
    .subscriptionBuilder()
    .onApplied(() => resolve(handle))
    .onError((context) => reject(context.event ?? new Error('refused')))
    .subscribe(queries)
  return promise
}

/** Waits for something that the next messages bring about. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 10_000) throw new Error('It never came about.')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
