/**
 * Values at keys, and one row per person: what is, or was, in each place.
 */
import { Refused } from './refused.ts'
import type { Row } from './rows.ts'
import type { Uses } from './window.ts'

type Args = Readonly<Record<string, unknown>>

const soft: ReadonlySet<unknown> = new Set(['banner'])
const privileged = (who: string): boolean => who === 'admin' || who === 'system'
const show = ({ gone: _, ...row }: Row): Args => row

export class Values {
  now = 0
  readonly slots = new Map<string, Row>()
  readonly uses: Uses

  constructor(uses: Uses) {
    this.uses = uses
  }

  get = (table: string, { key }: Args): Args | null => {
    const row = this.slots.get(`${table}/${key}`)
    return row === undefined || row['gone'] ? null : show(row)
  }
  set(table: string, { key, payload, expectedUpdatedAt }: Args, who: string): Args {
    const row = this.#slot(table, key, who)
    if (table === 'banner') this.uses.fit('banner', who, 1)
    this.#assertUnchanged(expectedUpdatedAt, row && !row['gone'] ? row.updatedAt : null)
    if (table === 'banner') this.uses.spend('banner', who)
    const kept = row && (soft.has(table) || !row['gone']) ? row['_creationTime'] : this.now
    const updatedAt = row === undefined ? this.now : this.#later(row.updatedAt)
    const by = table === 'banner' ? { updatedBy: who } : {}
    const next = { ...(payload as object), ...by, _id: '?', key, _creationTime: kept, updatedAt }
    this.slots.set(`${table}/${key}`, next as unknown as Row)
    return next
  }
  rm(table: string, { key }: Args, who: string): Args {
    const row = this.#slot(table, key, who)
    if (row === undefined || row['gone']) return { deleted: false }
    if (table === 'banner') this.uses.spend('banner', who)
    Object.assign(row, { gone: true, updatedAt: this.#later(row.updatedAt) })
    return { deleted: true }
  }
  restore(table: string, { key }: Args, who: string): Args {
    const row = this.#slot(table, key, who)
    if (row === undefined || (row['gone'] && !soft.has(table))) throw new Refused('NOT_FOUND')
    if (!row['gone']) return show(row)
    this.uses.spend('banner', who)
    Object.assign(row, { gone: false, updatedAt: this.#later(row.updatedAt) })
    return show(row)
  }
  #slot(table: string, key: unknown, who: string): Row | undefined {
    const refusal = who === 'nobody' ? 'NOT_AUTHENTICATED' : 'FORBIDDEN'
    if (table === 'banner' && !privileged(who)) throw new Refused(refusal)
    return this.slots.get(`${table}/${key}`)
  }
  own = (table: string, _args: Args, who: string): Args | null =>
    this.slots.get(`${table}/${who}`) ?? null
  upsert(table: string, { payload, expectedUpdatedAt }: Args, who: string): Args {
    const row = this.slots.get(`${table}/${who}`)
    this.uses.fit('profile', who, 1)
    this.#assertUnchanged(expectedUpdatedAt, row?.updatedAt ?? null)
    this.uses.spend('profile', who)
    const made = { _id: '?', userId: who, theme: 'light', _creationTime: this.now }
    const updatedAt = row === undefined ? this.now : this.#later(row.updatedAt)
    const next = { ...(row ?? made), ...(payload as object), updatedAt } as Row
    this.slots.set(`${table}/${who}`, next)
    return next
  }

  #later = (previous: number): number => Math.max(this.now, previous + 1)
  #assertUnchanged(expected: unknown, current: number | null): void {
    if (expected === undefined || expected === current) return
    throw new Refused('CONFLICT', { updatedAt: current })
  }
}
