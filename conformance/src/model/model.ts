/**
 * What the operations mean, with no host, no transaction and no index: the oracle of random histories.
 */
import { s } from '../app.ts'
import { Refused } from './refused.ts'
import { type Row, Rows } from './rows.ts'
import { Values } from './values.ts'
import { Uses } from './window.ts'

type Run = (...given: unknown[]) => unknown

const reads: ReadonlySet<string> = new Set(['get', 'read', 'list', 'listAfter', 'counts', 'check'])

export class Model {
  readonly #uses = new Uses()
  readonly #rows = new Rows(this.#uses)
  readonly #values = new Values(this.#uses)

  set now(now: number) {
    this.#uses.now = now
    this.#rows.now = now
    this.#values.now = now
  }

  /** Every stored row of polls, comments and logs; `gone` ones may come back. */
  get rows(): readonly Row[] {
    return this.#rows.rows
  }

  /** What is, or was, at a key of a kv, or is a person's own. */
  get slots(): ReadonlyMap<string, Row> {
    return this.#values.slots
  }

  /** Answers as a host does, or throws {@link Refused}. `who` is a name, `nobody` or `system`. */
  call(path: string, args: object, who: string): unknown {
    const [table, operation] = path.split('.') as [keyof typeof s, string]
    const { factory } = s[table]
    const isRead = reads.has(operation)
    if (who === 'nobody' && !isRead && factory !== 'kv') throw new Refused('NOT_AUTHENTICATED')
    if (
      (factory === 'singleton' || factory === 'quota') &&
      (who === 'nobody' || who === 'system')
    ) {
      if (!isRead) throw new Refused('VALIDATION_FAILED')
      return null
    }
    if (factory === 'quota') return this.#run(this.#uses, operation, args, who)
    if (factory === 'singleton' && isRead) return this.#run(this.#values, 'own', table, args, who)
    const part = factory === 'kv' || factory === 'singleton' ? this.#values : this.#rows
    return this.#run(part, operation, table, args, who)
  }

  /** An operation by its name: each part of the model has a method of that name. */
  #run(part: object, name: string, ...given: unknown[]): unknown {
    return ((part as Record<string, unknown>)[name] as Run).apply(part, given)
  }
}
