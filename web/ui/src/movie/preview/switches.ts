/** What the preview shows, read from the address: see the table in `main.tsx`. */
export interface Switches {
  readonly as: 'nobody' | 'guest' | 'admin'
  readonly state: 'ready' | 'empty' | 'loading' | 'error'
  readonly connection: 'live' | 'offline' | 'connecting'
  readonly upstream: 'ok' | 'error' | 'hang' | 'garbage' | 'real'
  /** The code with which every call fails. */
  readonly fail: string | undefined
  readonly crash: boolean
}

export function switchesFrom(search: string): Switches {
  const query = new URLSearchParams(search)
  return {
    as: oneOf(query.get('as'), ['nobody', 'guest', 'admin']),
    state: oneOf(query.get('state'), ['ready', 'empty', 'loading', 'error']),
    connection: oneOf(query.get('connection'), ['live', 'offline', 'connecting']),
    upstream: oneOf(query.get('upstream'), ['ok', 'error', 'hang', 'garbage', 'real']),
    fail: query.get('fail') ?? undefined,
    crash: query.has('crash'),
  }
}

/** The first choice stands for anything unknown. */
function oneOf<Choice extends string>(
  value: string | null,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  return choices.find((choice) => choice === value) ?? choices[0]
}
