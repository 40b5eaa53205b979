/** The database that a start has before it: a stand-in of its own, or somebody's SpacetimeDB. */
import { DefinitionError } from 'noboil/errors'
import { createSpacetimeClient, type SpacetimeClient } from 'noboil/spacetimedb/client'
import { bindings } from './bindings.ts'

export interface Database {
  readonly uri: string
  readonly name: string
  /** For people, after "SpacetimeDB:". */
  readonly about: string
  /** Tokens of its owner and of a worker that it allowed. */
  readonly owner: string
  readonly worker: string
  readonly close: () => Promise<void>
}

/** Where `SPACETIMEDB_URI` points: published by whoever starts this, who is its worker as well. */
export function deployedDatabase(env: Readonly<Record<string, string | undefined>>): Database {
  const { SPACETIMEDB_URI: uri = '', SPACETIMEDB_DATABASE: name = 'noboil-demo' } = env
  if (!/^(https?|wss?):$/.test(URL.parse(uri)?.protocol ?? '')) {
    throw new DefinitionError(
      `SPACETIMEDB_URI is '${uri}'; it must be an address as in http://127.0.0.1:3010.`,
    )
  }
  const owner = env['SPACETIMEDB_TOKEN']
  if (!owner) {
    throw new DefinitionError(
      'SPACETIMEDB_TOKEN is missing: the token of who published the module, which ' +
        '`spacetime login show --token` prints. The films are fetched, and the first polls written, with it.',
    )
  }
  return { uri, name, owner, worker: owner, about: `${name} at ${uri}`, close: async () => {} }
}

/** Somebody's connection: with `token` as who it says, without as somebody new. */
export function clientOf({ uri, name }: Database, token?: string): SpacetimeClient {
  let kept = token
  return createSpacetimeClient({
    uri,
    database: name,
    bindings,
    tokens: { get: () => kept, set: (given) => void (kept = given) },
  })
}

const patienceMs = 10_000

/** Resolves when the client is connected. @throws DefinitionError saying what did not answer. */
export async function connected(client: SpacetimeClient, { uri, name }: Database): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (reason: string): void =>
    reject(
      new DefinitionError(
        `No database '${name}' answers at ${uri}: ${reason} Is SpacetimeDB running there, is the module published, ` +
          'and are SPACETIMEDB_URI, SPACETIMEDB_DATABASE and SPACETIMEDB_TOKEN right?',
      ),
    )
  const look = (): void => {
    if (client.state === 'live') resolve()
    else if (client.problem !== null) fail(client.problem.replace(/\.?$/, '.'))
  }
  const timer = setTimeout(() => fail('it is silent.'), patienceMs)
  const stop = client.listen(look)
  look()
  try {
    await promise
  } finally {
    clearTimeout(timer)
    stop()
  }
}
