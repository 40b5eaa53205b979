/**
 * `load` and `refresh`: look, fetch if nobody does, else wait for who does.
 */
import { isNoboilError } from '../../errors/error.ts'
import {
  type AnyNamedProgram,
  fetch,
  type Flow,
  type NamedProgram,
  report,
  run,
  wait,
} from '../../program/flow.ts'
import type { Row } from '../../schema/values.ts'
import { args } from '../shared/arguments.ts'
import type { Call } from '../shared/call.ts'
import type { Action } from '../shared/operation.ts'
import { type Asked, claim, type ClaimArgs, type Found, type Held, look, resume } from './claim.ts'
import { type BaseContext, fetchFailed, keyReader, noFetcher, nothingThere } from './context.ts'
import { fetchOne, reasonOf } from './fetch.ts'
import { fetches } from './rows.ts'
import { type Result, settle, type SettleArgs } from './settle.ts'

export interface Loading {
  readonly load: Action<{ readonly key: string }, Row>
  readonly refresh: Action<{ readonly key: string }, Row>
  /** Fetches what a `load` has left to the background. */
  readonly background: (held: Held) => Flow<void>
  readonly programs: readonly AnyNamedProgram[]
}

/** How often somebody else may take a fetch over, or make it worthless, before a caller gives up. */
const maxRounds = 8
/** How often a host looks that is not told of commits. */
const pollMs = 250

export function loadingOf(base: BaseContext): Loading {
  const programs = programsOf(base)
  const action = (mode: Asked['mode']): Action<{ readonly key: string }, Row> => ({
    kind: 'action',
    args: args({ key: keyReader(base) }),
    // A refresh counts on its caller.
    ...(mode === 'load' ? { shared: true } : {}),
    flow: (call, { key }) => fetchOrWait(base, programs, mode, call, key),
  })
  return {
    load: action('load'),
    refresh: action('refresh'),
    *background({ key, token }) {
      const found = yield* run(programs.resume, { key, token })
      if (found.state === 'claimed') yield* fetchClaimed(base, programs, key, found)
    },
    programs: Object.values(programs),
  }
}

interface Programs {
  readonly look: NamedProgram<Asked, Found>
  readonly claim: NamedProgram<ClaimArgs, Found>
  readonly resume: NamedProgram<Held, Found>
  readonly settle: NamedProgram<SettleArgs, Found>
}

function programsOf(base: BaseContext): Programs {
  const { name } = base.table
  return {
    look: { name: `${name}:look`, readOnly: true, run: (asked) => look(base, asked) },
    claim: { name: `${name}:claim`, run: (given) => claim(base, given) },
    resume: { name: `${name}:resume`, run: (held) => resume(base, held) },
    settle: { name: `${name}:settle`, run: (given) => settle(base, given) },
  }
}

function* fetchOrWait(
  base: BaseContext,
  programs: Programs,
  mode: Asked['mode'],
  call: Call,
  key: string,
): Flow<Row> {
  let caller = call.internal || mode === 'load' ? null : call.caller
  let seen: string | null = null
  let rounds = 0
  while (rounds < maxRounds) {
    // A limited call counts before anything else; another only writes when it must fetch.
    let found: Found = { state: 'needed' }
    if (mode === 'load' || seen !== null) found = yield* run(programs.look, { key, mode, seen })
    if (found.state === 'needed') {
      if (base.fetcher === undefined) throw noFetcher(base)
      found = yield* run(programs.claim, { key, mode, seen, caller })
      caller = null
    }
    if (found.state === 'claimed') found = yield* fetchClaimed(base, programs, key, found)
    switch (found.state) {
      case 'served':
        return found.row
      case 'missing':
        throw nothingThere(base, key)
      case 'failed':
        if (found.row === null) throw fetchFailed(base, key)
        return found.row
      case 'running':
        if (found.token !== seen) rounds++
        seen = found.token
        yield* wait(found.leftMs, { table: fetches, id: seen, pollMs })
        break
      default:
        rounds++
    }
  }
  throw fetchFailed(base, key)
}

function* fetchClaimed(
  base: BaseContext,
  programs: Programs,
  key: string,
  { token, previous }: Found & { readonly state: 'claimed' },
): Flow<Found> {
  let result: Result
  try {
    result = yield* fetch((signal) => fetchOne(base, key, previous, signal), base.fetchTimeoutMs)
  } catch (error) {
    if (isNoboilError(error) && error.code === 'UNAVAILABLE') {
      // The host closes. Others need not wait for the lease to end.
      yield* run(programs.settle, { key, token, result: { state: 'released' } })
      throw error
    }
    yield* report({ table: base.table.name, key, message: reasonOf(error) })
    result = { state: 'failed' }
  }
  return yield* run(programs.settle, { key, token, result })
}
