/**
 * What the hooks keep of each Convex client: the server's clock as well as it is known, and calls with our errors.
 */
import { type ConvexReactClient, useConvex } from 'convex/react'
import type { FunctionReference } from 'convex/server'
import type { Value } from 'convex/values'
import { useCallback } from 'react'
import type { ArgsObject } from '../../client/entry.ts'
import { type Clock, type Random, systemClock, systemRandom } from '../../client/ports.ts'
import { fromErrorData, NoboilError } from '../../errors/error.ts'
import { errorData } from '../../errors/match.ts'
import { type Expect, optimisticUpdate } from './optimistic.ts'

export class Core {
  readonly clock: Clock = systemClock
  readonly random: Random = systemRandom
  readonly client: ConvexReactClient
  #aheadMs: number | undefined

  constructor(client: ConvexReactClient) {
    this.client = client
  }

  /** The server's clock. Until an answer has told of it, it is taken to be this machine's. */
  serverNow(): number {
    return this.clock.now() + (this.#aheadMs ?? 0)
  }

  /** Answers travel, and Convex may have kept one for a while: the youngest that was heard says most. */
  heard(serverTime: number): void {
    const aheadMs = serverTime - this.clock.now()
    if (this.#aheadMs === undefined || aheadMs > this.#aheadMs) this.#aheadMs = aheadMs
  }

  /** Calls a mutation, with what it will change shown at once. Rejects with a `NoboilError`. */
  mutate(
    reference: FunctionReference<'mutation'>,
    args: ArgsObject,
    expect?: Expect,
  ): Promise<never> {
    const options = expect === undefined ? {} : { optimisticUpdate: optimisticUpdate(expect) }
    return translated(this.client.mutation(reference, withoutMissing(args), options))
  }

  act(reference: FunctionReference<'action'>, args: ArgsObject): Promise<never> {
    return translated(this.client.action(reference, withoutMissing(args)))
  }

  /** Asks once. A query that somebody follows is answered with what is followed. */
  ask(reference: FunctionReference<'query'>, args: ArgsObject): Promise<never> {
    return translated(this.client.query(reference, withoutMissing(args)))
  }
}

const cores = new WeakMap<ConvexReactClient, Core>()

export function useCore(): Core {
  const client = useConvex() as ConvexReactClient | undefined
  if (client === undefined) {
    throw new Error('Put a ConvexProvider around what uses noboil hooks.')
  }
  let core = cores.get(client)
  if (core === undefined) cores.set(client, (core = new Core(client)))
  return core
}

/** Our error, as any host's hooks show it. What is not ours is a defect, whose message stays with the one who mends it. */
export function toNoboilError(error: unknown): NoboilError {
  const data = errorData(error)
  const translated =
    data === undefined
      ? new NoboilError('INTERNAL', 'Something went wrong on the server.')
      : fromErrorData(data)
  translated.cause = error
  return translated
}

async function translated(call: Promise<unknown>): Promise<never> {
  try {
    return (await call) as never
  } catch (error) {
    throw toNoboilError(error)
  }
}

/** Convex has no undefined in arguments. */
export const withoutMissing = (args: ArgsObject): Record<string, Value> =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as Record<
    string,
    Value
  >

/** Reads the server's clock, as well as it is known here: ms since the epoch. */
export function useServerClock(): () => number {
  const core = useCore()
  return useCallback(() => core.serverNow(), [core])
}
