/**
 * Calls as clients make them: mutations and actions are reducers, whose answers come from the view that clients read; queries are
 * procedures.
 */
import { type ErrorData, fromErrorData } from 'noboil/errors'
import { answerTo, callOf } from 'noboil/spacetimedb/schema'
import type { ModuleHost } from 'noboil/spacetimedb/testing'
import { s } from '../../app.ts'
import type { Actor, Person } from '../../driver.ts'

/** What a call has been answered, once it has. */
export type Answer = () => { readonly value: unknown } | undefined

export class Calls {
  readonly #host: ModuleHost
  /** Ids of users, and the names that the host knows them by. */
  readonly #names = new Map<string, string>()
  #requests = 0

  constructor(host: ModuleHost) {
    this.#host = host
  }

  begin(path: string, args: unknown, as: Actor): Answer {
    const caller = as === 'system' ? this.#host : this.#host.as(this.#names.get(as) ?? as)
    const call = callOf(s, path)
    if (call.kind === 'procedure') {
      const value = JSON.parse(caller.procedure(call.name, call.encode(args)) as string) as unknown
      this.#assertIndexed()
      return () => ({ value })
    }
    const request = `${++this.#requests}`
    caller.call(call.name, call.encode(args, request))
    this.#assertIndexed()
    return () => answerTo(caller.rows('my_results'), request)
  }

  /** Nothing that is called may read a table from end to end. */
  #assertIndexed(): void {
    const { name, tables } = this.#host.costs()
    const scanned = Object.keys(tables).filter((table) => (tables[table]?.scans ?? 0) > 0)
    if (scanned.length > 0) throw new Error(`${name} scans ${scanned.join(', ')}.`)
  }

  putUser(user: Person): string {
    const _id = `users.${this.#host.as(user._id).identity.toHexString()}`
    this.#names.set(_id, user._id)
    this.#host.call('put_users', { args: JSON.stringify({ ...user, _id }) })
    return _id
  }
}

/** Calls that fail after their reducer has ended are answered why. */
export function told(answer: unknown): unknown {
  const { failed } = (answer ?? {}) as { readonly failed?: ErrorData }
  if (failed === undefined) return answer
  throw fromErrorData(failed)
}
