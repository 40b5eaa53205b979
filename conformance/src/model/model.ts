/**
 * What the operations mean, as plainly as it can be said: every row there ever was in one array, every use of a limit in another,
 * and everything found by walking them. The oracle of random histories.
 */
import type { ErrorCode } from 'noboil/errors'
import { limits, s } from '../app.ts'
import type { Args } from '../random/steps.ts'

/** `gone` rows may come back, `erased` ones do not; a `slot` is the place of a key, or of a person's own row. */
export type Row = Record<string, unknown> & { readonly _id: string; updatedAt: number }
type Fields = Readonly<Record<string, unknown>>
type Limit = { readonly max: number; readonly window: number }

const soft = ['poll', 'comment', 'vote', 'banner']
const ballots: Limit = { max: s.ballots.limit, window: s.ballots.durationMs }
const limited: Readonly<Record<string, Limit>> = { ...limits, ballots }
const show = ({ table: _t, slot: _s, gone: _g, erased: _e, print: _p, ...row }: Row): Fields => row
function refuse(code: ErrorCode, data?: object): never {
  throw Object.assign(new Error(code), { code, data })
}

export class Model {
  now = 0
  #table = ''
  #who = ''
  #all: Row[] = []
  #uses: { readonly of: string; readonly at: number; readonly units: number }[] = []
  #restoredAt: Record<string, number> = {}

  get rows(): readonly Row[] {
    return this.#all.filter((row) => !row['erased'])
  }
  /** What is, or was, in a slot. */
  at = (slot: string): Row | undefined => this.#all.findLast((row) => row['slot'] === slot)

  /** Answers as a host does, or throws an error with a `code`. `who` is a name, `nobody` or `system`. */
  call(path: string, args: object, who: string): unknown {
    const [table, name] = path.split('.') as [keyof typeof s, 'rm']
    const isRead = /^(get|read|list|listAfter|counts|check)$/.test(name)
    const isOwn = table === 'profile' || table === 'ballots'
    const needsRole = table === 'banner' && !isRead && who !== 'admin' && who !== 'system'
    const isOpen = isRead || s[table].factory === 'kv'
    if (isOwn && isRead && (who === 'nobody' || who === 'system')) return null
    if (who === 'nobody' && (needsRole || !isOpen)) refuse('NOT_AUTHENTICATED')
    if (needsRole) refuse('FORBIDDEN')
    if (isOwn && who === 'system') refuse('VALIDATION_FAILED')
    this.#table = table
    this.#who = who
    return this[name](args as Args)
  }

  /** What the caller may do with a row. A key's is for whoever has come so far. */
  #may(row: Row, who = this.#who): Record<'belong' | 'see' | 'edit' | 'remove' | 'own', boolean> {
    const poll = row['table'] === 'poll' ? row : this.#find('poll', row['parent'])
    const inSlot = row['slot'] !== undefined
    const own = who === 'system' || poll?.['userId'] === who
    const belong = own || ((poll?.['memberIds'] ?? []) as string[]).includes(who)
    const see = inSlot || (poll && !poll['gone'] && (poll['isPublic'] === true || belong)) === true
    const isAuthor = row['userId'] === who || who === 'system'
    const edit = see && (isAuthor || (row['table'] === 'comment' && own))
    const isOver = who === 'admin' || who === 'system' || inSlot
    return { belong, see, edit, remove: edit || isOver || (own && (row === poll || see)), own }
  }
  #find = (table: string, id: unknown): Row | undefined =>
    this.rows.find((row) => row['table'] === table && row._id === id)
  #stored({ id, key }: Args): Row | undefined {
    const slot = `${this.#table}/${key ?? this.#who}`
    return id ? this.#find(this.#table, id) : this.rows.find((row) => row['slot'] === slot)
  }
  #visible(table: string, id: string): Row {
    const row = this.#find(table, id)
    return row && !row['gone'] && this.#may(row).see ? row : refuse('NOT_FOUND')
  }
  #under = (parent: string, rows = this.rows): Row[] =>
    rows.filter((row) => row['table'] === this.#table && row['parent'] === parent)
  #seen(parent: string, right: 'belong' | 'see' = 'see'): Fields[] {
    return this.#under(parent).flatMap((row) =>
      row['gone'] || !this.#may(row)[right] ? [] : [show(row)],
    )
  }
  #change(row: Row, fields: Fields): Fields {
    const { slug } = fields
    const isTaken = this.rows.some((other) => other !== row && other['slug'] === slug)
    if (slug !== undefined && isTaken) refuse('DUPLICATE', { fields: ['slug'] })
    return show(Object.assign(row, fields, { updatedAt: Math.max(this.now, row.updatedAt + 1) }))
  }
  #insert(fields: Fields, updatedAt = this.now - 1): Fields {
    const _id = `#${this.#all.filter(({ slot }) => slot === undefined).length + 1}`
    const row = { _id, table: this.#table, _creationTime: this.now, updatedAt }
    const shown = this.#change(row, fields)
    this.#all.push(row)
    return shown
  }
  #assertUnchanged(expected: unknown, updatedAt: number | null): void {
    if (expected !== undefined && expected !== updatedAt) refuse('CONFLICT', { updatedAt })
  }

  read(args: Args): Fields | null {
    const row = this.#stored(args)
    return row && !row['gone'] && this.#may(row).see ? show(row) : null
  }
  get = (args: Args): Fields | null => this.read(args)
  list = ({ parent }: Args): Fields[] =>
    this.#seen(parent, this.#table === 'poll' ? 'belong' : 'see').reverse()
  listAfter = ({ parent, seq }: Args): Fields[] =>
    this.#seen(parent).filter((row) => (row['seq'] as number) > seq)
  counts({ parent, field }: Args): Fields {
    const groups = Object.groupBy(this.#seen(parent), (row) => String(row[field]))
    return Object.fromEntries(Object.entries(groups).map(([value, rows]) => [value, rows?.length]))
  }
  create({ parent, payload }: Args): Fields {
    if (this.#table === 'comment') this.#visible('poll', parent)
    this.#spend(1)
    const fields = parent ? { parent } : { rank: 0, isPublic: false, memberIds: [] }
    return this.#insert({ ...fields, ...(payload as Fields), userId: this.#who })
  }
  update({ id, patch, unset, expectedUpdatedAt }: Args): Fields {
    const row = this.#visible(this.#table, id)
    if (!this.#may(row).edit) refuse('FORBIDDEN')
    this.#assertUnchanged(expectedUpdatedAt, row.updatedAt)
    const cleared = ((unset ?? []) as string[]).map((name) => [name, undefined])
    return this.#change(row, { ...(patch as Fields), ...Object.fromEntries(cleared) })
  }
  rm(args: Args): { deleted: boolean } {
    const row = this.#stored(args)
    if (!row || (row['gone'] && !args.hard)) return { deleted: false }
    const { see, remove } = this.#may(row)
    if (!remove) return see && !row['gone'] ? refuse('FORBIDDEN') : { deleted: false }
    if (args.key) this.#spend(1)
    const isSoft = soft.includes(this.#table) && !args.hard
    this.#change(row, { [isSoft ? 'gone' : 'erased']: true })
    for (const each of this.rows) each['erased'] = !isSoft && each['parent'] === row._id
    return { deleted: true }
  }
  rmBulk({ ids }: Args): Fields {
    const rows = (ids as string[]).flatMap((id) => this.#find(this.#table, id) ?? [])
    const mine = rows.filter((row) => this.#may(row).remove) as never[]
    return { count: mine.filter(({ _id: id }) => this.rm({ id } as Args).deleted).length }
  }
  restore(args: Args): Fields {
    const row = this.#stored(args) ?? refuse('NOT_FOUND')
    const { see, remove } = this.#may(row)
    if (!remove) refuse(see && !row['gone'] ? 'FORBIDDEN' : 'NOT_FOUND')
    if (!row['gone']) return show(row)
    if (args.key) this.#spend(1)
    return this.#change(row, { gone: false })
  }

  append({ parent, payload, items, idempotencyKey, expectedSeq }: Args): Fields {
    this.#visible('poll', parent)
    // Every row there ever was has had a number, and none is given twice.
    const last = this.#under(parent, this.#all).length
    const sent = this.#under(parent).find((row) => row['idempotencyKey'] === idempotencyKey)
    if (idempotencyKey !== undefined && sent) {
      const isSame = sent['userId'] === this.#who && sent['print'] === JSON.stringify(payload)
      return isSame ? { seq: sent['seq'], created: false } : refuse('IDEMPOTENCY_MISMATCH')
    }
    const added: Fields[] = items ?? [payload]
    const isElsewhere = expectedSeq !== undefined && expectedSeq !== last
    this.#spend(added.length, () => isElsewhere && refuse('CONFLICT', { seq: last }))
    const body = this.#table === 'event' ? '' : undefined
    const fixed = { parent, userId: this.#who, createdAt: this.now, idempotencyKey }
    for (const [at, item] of added.entries()) {
      this.#insert({ body, ...item, ...fixed, seq: last + at + 1, print: JSON.stringify(item) })
    }
    return items ? { count: added.length, firstSeq: last + 1 } : { seq: last + 1, created: true }
  }
  appendBulk = (args: Args): Fields => this.append(args)
  /** The rows of a log, for whoever may purge and restore them. */
  #moderated(parent: string): Row[] {
    const poll = this.#find('poll', parent)
    const isOver = poll && !poll['gone'] && (this.#may(poll).own || this.#who === 'admin')
    if (!isOver && this.#visible('poll', parent)) refuse('FORBIDDEN')
    return this.#under(parent)
  }
  purgeByParent({ parent }: Args): Fields {
    const live = this.#moderated(parent).filter((row) => !row['gone'])
    for (const row of live) row[soft.includes(this.#table) ? 'gone' : 'erased'] = true
    return { deleted: live.length }
  }
  restoreByParent({ parent }: Args): Fields {
    const rows = this.#moderated(parent)
    const restored = rows.filter((row) => row['gone']).length
    if (restored === 0) return { restored }
    const at = Math.max(this.now, (this.#restoredAt[this.#table + parent] ?? -1) + 1)
    this.#restoredAt[this.#table + parent] = at
    for (const row of rows) row.updatedAt = Math.max(row.updatedAt + 1, at)
    for (const row of rows) row['gone'] = false
    return { restored }
  }
  set({ key, payload, expectedUpdatedAt }: Args): Fields {
    const slot = `${this.#table}/${key ?? this.#who}`
    const [last, stored] = [this.at(slot), this.rows.find((row) => row['slot'] === slot)]
    const live = stored?.['gone'] ? undefined : stored
    this.#spend(1, () => this.#assertUnchanged(expectedUpdatedAt, live?.updatedAt ?? null))
    const own = key ? { key } : { userId: this.#who, theme: 'light', ...live }
    const updatedBy = this.#table === 'banner' ? this.#who : undefined
    const _creationTime = stored?.['_creationTime'] ?? this.now
    if (stored) stored['erased'] = true
    const fields = { ...own, updatedBy, ...(payload as Fields), erased: false }
    return this.#insert({ ...fields, _id: '?', slot, _creationTime }, last?.updatedAt)
  }
  upsert = (args: Args): Fields => this.set(args)

  /** What is left, how long until some units fit (infinite: never), and how they are used: never back in time. */
  #window(units: number): { remaining: number; retryAfter: number; use: () => void } {
    const { max, window } = limited[this.#table] as Limit
    const of = `${this.#table}/${this.#who}`
    const uses = this.#uses.filter((use) => use.of === of)
    const leftAt = (now: number): number =>
      uses.reduce((left, use) => (use.at + window > now ? left - use.units : left), max)
    const moments = [this.now, ...uses.map(({ at }) => at + window)]
    const free = moments.find((at) => at >= this.now && leftAt(at) >= units) ?? Infinity
    const at = Math.max(this.now, uses.at(-1)?.at ?? 0)
    const use = (): void => void this.#uses.push({ of, units, at })
    return { remaining: Math.max(0, leftAt(this.now)), retryAfter: free - this.now, use }
  }
  /** Uses some units where there is a limit; `check` may refuse what the limit allows. */
  #spend(units: number, check?: () => unknown): void {
    const limit = this.#who === 'system' ? undefined : limited[this.#table]
    const { retryAfter = 0, use } = limit ? this.#window(units) : {}
    const data = { retryAfter, max: limit?.max, windowMs: limit?.window }
    if (retryAfter > 0) refuse(retryAfter === Infinity ? 'LIMIT_EXCEEDED' : 'RATE_LIMITED', data)
    check?.()
    use?.()
  }
  check({ cost }: Args): Fields {
    const { remaining, retryAfter } = this.#window(cost ?? 1)
    const isLate = retryAfter > 0 && retryAfter < Infinity
    return { allowed: retryAfter === 0, remaining, retryAfter: isLate ? retryAfter : undefined }
  }
  record(args: Args): Fields {
    this.#window(args.cost ?? 1).use()
    return this.check(args)
  }
  consume(args: Args): Fields {
    if (this.#window(args.cost ?? 1).retryAfter > 0) return this.check(args)
    return { ...this.record(args), allowed: true, retryAfter: undefined }
  }
}
