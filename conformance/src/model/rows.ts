/**
 * Owned, child and log rows, as plainly as it can be said: all rows in one array, everything found by walking it. Ids are `#1`,
 * `#2`, … in the order of making.
 */
import { Refused } from './refused.ts'
import type { Uses } from './window.ts'

export type Row = Record<string, unknown> & { _id: string; userId: string; updatedAt: number }
type Args = Readonly<Record<string, unknown>>

const soft: ReadonlySet<unknown> = new Set(['poll', 'comment', 'vote'])
const privileged = (who: string): boolean => who === 'admin' || who === 'system'

export class Rows {
  now = 0
  rows: Row[] = []
  readonly uses: Uses
  readonly #heads = new Map<string, { seq: number; restoredAt: number }>()
  #made = 0

  constructor(uses: Uses) {
    this.uses = uses
  }

  // Who may do what.
  #poll = (row: Row): Row | undefined =>
    row['table'] === 'poll' ? row : this.rows.find(({ _id }) => _id === row['parent'])
  #belongs = (poll: Row, who: string): boolean =>
    who === 'system' || poll.userId === who || (poll['memberIds'] as string[]).includes(who)
  #visible = (poll: Row | undefined, who: string): boolean =>
    poll !== undefined && !poll['gone'] && (poll['isPublic'] === true || this.#belongs(poll, who))
  #sees = (row: Row, who: string): boolean => this.#visible(this.#poll(row), who)
  #owns = (row: Row, who: string): boolean => who === 'system' || this.#poll(row)?.userId === who
  #edits = (row: Row, who: string): boolean =>
    this.#sees(row, who) &&
    (who === 'system' || row.userId === who || (row['table'] === 'comment' && this.#owns(row, who)))
  #removes = (row: Row, who: string): boolean =>
    privileged(who) ||
    this.#edits(row, who) ||
    (this.#owns(row, who) && (row['table'] === 'poll' || this.#sees(row, who)))
  #parent(id: unknown, who: string, moderate = false): Row {
    const poll = this.rows.find(({ _id, table }) => _id === id && table === 'poll')
    if (poll === undefined || poll['gone']) throw new Refused('NOT_FOUND')
    if (moderate && (privileged(who) || this.#owns(poll, who))) return poll
    if (!this.#visible(poll, who)) throw new Refused('NOT_FOUND')
    if (moderate) throw new Refused('FORBIDDEN')
    return poll
  }

  // Rows.
  #later = (previous: number): number => Math.max(this.now, previous + 1)
  #find = (table: unknown, id: unknown): Row | undefined =>
    this.rows.find((row) => row['table'] === table && row._id === id)
  #show = ({ table: _t, gone: _g, print: _p, ...row }: Row): Args => row
  #live = (table: unknown, parent: unknown): Row[] =>
    this.rows.filter((row) => row['table'] === table && row['parent'] === parent && !row['gone'])
  #insert(table: string, userId: string, fields: Args): Row {
    const times = { _creationTime: this.now, updatedAt: this.now }
    const row = { ...fields, userId, ...times, table, _id: `#${++this.#made}` }
    this.rows.push(row)
    return row
  }
  #assertUnique(row: Row | undefined, slug: unknown): void {
    const taken = this.rows.some((each) => each !== row && each['slug'] === slug)
    if (slug !== undefined && taken) throw new Refused('DUPLICATE', { fields: ['slug'] })
  }
  #assertUnchanged(expected: unknown, current: number | null): void {
    if (expected === undefined || expected === current) return
    throw new Refused('CONFLICT', { updatedAt: current })
  }
  create(table: 'poll' | 'comment', { parent, payload }: Args, who: string): Args {
    const { slug } = payload as Row
    if (table === 'comment') {
      this.#parent(parent, who)
      this.uses.spend('comment', who)
      return this.#show(this.#insert(table, who, { ...(payload as object), parent }))
    }
    this.#assertUnique(undefined, slug)
    const defaults = { rank: 0, isPublic: false, memberIds: [] }
    return this.#show(this.#insert(table, who, { ...defaults, ...(payload as object) }))
  }
  update(table: string, { id, patch, unset, expectedUpdatedAt }: Args, who: string): Args {
    const row = this.#find(table, id)
    if (row === undefined || row['gone'] || !this.#sees(row, who)) throw new Refused('NOT_FOUND')
    if (!this.#edits(row, who)) throw new Refused('FORBIDDEN')
    this.#assertUnchanged(expectedUpdatedAt, row.updatedAt)
    this.#assertUnique(row, (patch as Row)['slug'])
    Object.assign(row, patch, { updatedAt: this.#later(row.updatedAt) })
    for (const name of (unset ?? []) as string[]) delete row[name]
    return this.#show(row)
  }
  rm(table: string, { id, hard }: Args, who: string): { deleted: boolean } {
    const row = this.#find(table, id)
    if (row === undefined || (row['gone'] && !hard)) return { deleted: false }
    if (!this.#removes(row, who)) {
      if (this.#sees(row, who) && !row['gone']) throw new Refused('FORBIDDEN')
      return { deleted: false }
    }
    if (soft.has(table) && !hard) {
      Object.assign(row, { gone: true, updatedAt: this.#later(row.updatedAt) })
    } else this.rows = this.rows.filter((each) => each !== row && each['parent'] !== id)
    return { deleted: true }
  }
  rmBulk(table: string, { ids }: Args, who: string): { count: number } {
    const may = (id: string): boolean => {
      const row = this.#find(table, id)
      return row !== undefined && this.#removes(row, who) && this.rm(table, { id }, who).deleted
    }
    return { count: (ids as string[]).filter(may).length }
  }
  restore(table: string, { id }: Args, who: string): Args {
    const row = this.#find(table, id)
    if (row === undefined) throw new Refused('NOT_FOUND')
    if (!this.#removes(row, who)) {
      throw new Refused(this.#sees(row, who) && !row['gone'] ? 'FORBIDDEN' : 'NOT_FOUND')
    }
    if (row['gone']) Object.assign(row, { gone: false, updatedAt: this.#later(row.updatedAt) })
    return this.#show(row)
  }
  read(table: string, { id }: Args, who: string): Args | null {
    const row = this.#find(table, id)
    return row && !row['gone'] && this.#sees(row, who) ? this.#show(row) : null
  }
  list(table: string, { parent }: Args, who: string): Args[] {
    const rows = this.#live(table, parent).toReversed()
    const may = table === 'poll' ? this.#belongs : this.#sees
    return rows.filter((row) => may(row, who)).map(this.#show)
  }

  // Logs.
  append(table: 'vote' | 'event', args: Args, who: string): Args {
    const { parent, payload, idempotencyKey: key, expectedSeq } = args
    this.#parent(parent, who)
    const sent = this.rows.find(
      (row) => row['table'] === table && row['parent'] === parent && row['idempotencyKey'] === key,
    )
    if (key !== undefined && sent !== undefined) {
      const isReplay = sent.userId === who && sent['print'] === JSON.stringify(payload)
      if (!isReplay) throw new Refused('IDEMPOTENCY_MISMATCH')
      return { seq: sent['seq'], created: false }
    }
    if (table === 'event') this.uses.fit('event', who, 1)
    const { seq } = this.#head(table, parent)
    if (expectedSeq !== undefined && expectedSeq !== seq) throw new Refused('CONFLICT', { seq })
    const bulk = this.appendBulk(table, { parent, items: [payload], key }, who)
    return { seq: bulk['firstSeq'], created: true }
  }
  appendBulk(table: string, { parent, items, key }: Args, who: string): Args {
    this.#parent(parent, who)
    const head = this.#head(table, parent)
    const firstSeq = head.seq + 1
    if (table === 'event') this.uses.spend('event', who, (items as unknown[]).length)
    for (const item of items as object[]) {
      const fields = {
        ...(table === 'event' ? { body: '' } : {}),
        ...item,
        parent,
        seq: ++head.seq,
      }
      const sent = key === undefined ? {} : { idempotencyKey: key, print: JSON.stringify(item) }
      this.#insert(table, who, { ...fields, ...sent, createdAt: this.now })
    }
    return { count: (items as unknown[]).length, firstSeq }
  }
  purgeByParent(table: string, { parent }: Args, who: string): Args {
    this.#parent(parent, who, true)
    const live = this.#live(table, parent)
    for (const row of live) row['gone'] = true
    if (!soft.has(table)) this.rows = this.rows.filter((row) => !live.includes(row))
    return { deleted: live.length }
  }
  restoreByParent(table: string, { parent }: Args, who: string): Args {
    this.#parent(parent, who, true)
    const rows = this.rows.filter((row) => row['table'] === table && row['parent'] === parent)
    const restored = rows.filter((row) => row['gone']).length
    if (restored === 0) return { restored }
    const head = this.#head(table, parent)
    head.restoredAt = this.#later(head.restoredAt)
    for (const row of rows) {
      Object.assign(row, { gone: false, updatedAt: Math.max(row.updatedAt + 1, head.restoredAt) })
    }
    return { restored }
  }
  listAfter(table: string, { parent, seq }: Args, who: string): Args[] {
    const rows = this.#live(table, parent).filter((row) => this.#sees(row, who))
    return rows.filter((row) => (row['seq'] as number) > (seq as number)).map(this.#show)
  }
  counts(table: string, { parent, field }: Args, who: string): Args {
    const rows = this.listAfter(table, { parent, seq: 0 }, who)
    const groups = Object.groupBy(rows, (row) => String(row[field as string]))
    return Object.fromEntries(Object.entries(groups).map(([value, all]) => [value, all?.length]))
  }
  #head(table: string, parent: unknown): { seq: number; restoredAt: number } {
    const head = this.#heads.get(`${table}/${parent}`) ?? { seq: 0, restoredAt: -1 }
    this.#heads.set(`${table}/${parent}`, head)
    return head
  }
}
