/**
 * One transaction on Convex: the requests of its programs over `ctx.db`, for as long as one call of a query or mutation lasts.
 *
 * Convex runs the transaction again when what it read has changed, so a unique index is exact though it is only a read before the
 * write. It has no savepoints: a program that fails inside a hook which goes on is undone write by write, and where that cannot
 * be (a removed document never comes back under its `_id`) the whole call fails.
 */
import { InvariantError } from '../../errors/assert.ts'
import { NoboilError } from '../../errors/error.ts'
import type {
  ByIdRequest,
  CallRequest,
  GetRequest,
  IncrementRequest,
  InsertRequest,
  PatchRequest,
  RangeRequest,
  RemoveRequest,
  ScheduleRequest,
  StoreRequest,
  Transaction,
} from '../../program/request.ts'
import type { Program } from '../../program/program.ts'
import { type AsyncInterpreter, runAsync } from '../../program/run.ts'
import type { Layout } from '../../schema/layout.ts'
import { canonicalJson, type Row } from '../../schema/values.ts'
import { firstRow } from '../shared/counters.ts'
import { sameValue } from '../../program/conditions.ts'
import { duplicate } from '../shared/duplicate.ts'
import { RowFiles } from './files.ts'
import { KnownRows } from './known.ts'
import { indexName, keyIndex, namedAt, namedColumn, tableName } from './names.ts'
import type { Db, Ports } from './ports.ts'
import { findTaken, readId, readKey, readPage, readRange, readSearch } from './reads.ts'
import { encodePatch, encodeRow } from './rows.ts'

/** What a session is told about the call it runs. */
export interface SessionOptions {
  readonly ports: Ports
  /** Starts flows once the transaction is committed. */
  schedule(requests: readonly ScheduleRequest[]): Promise<unknown>
  /** Runs before code of the app does: completes who is calling. */
  prepare(): Promise<void>
}

export class Session implements AsyncInterpreter {
  readonly ports: Ports
  readonly #options: SessionOptions
  readonly #db: Db
  readonly #files: RowFiles
  readonly #known = new KnownRows()
  /** When rows were made that others stand for; that never changes. */
  readonly #times = new Map<string, number>()
  readonly #due: ScheduleRequest[] = []
  /** Whether the call is one of noboil's own functions, which ends by itself; else each program of it ends alone. */
  #isWhole = false
  /** Whether code of the app has Convex's own context, and may write past this session whenever it runs. */
  #isShared = false
  #now: number | undefined
  /** How to take back what has been written, in order. */
  readonly #undo: (() => Promise<void>)[] = []
  #beyondUndo: InvariantError | NoboilError | undefined
  /** Values of unique indexes that this transaction has seen to be free, by table. */
  readonly #free = new Map<string, Set<string>>()

  constructor(options: SessionOptions) {
    this.#options = options
    this.ports = options.ports
    this.#db = options.ports.db
    this.#files = new RowFiles(options.ports)
  }

  get now(): number {
    return (this.#now ??= Date.now())
  }

  get writable(): boolean {
    return this.#db.insert !== undefined
  }

  /** Runs the program of the call itself. Convex undoes everything when this fails. */
  async execute<result>(program: () => Program<result>): Promise<result> {
    this.#isWhole = true
    const result = await runAsync(program, this)
    await this.#end()
    return result
  }

  /** Code of the app is given Convex's own context. */
  share(): void {
    this.#isShared = true
  }

  /** Runs a program inside a hook, or inside a function of the app's own: it alone is undone if it fails. */
  async nested<result>(program: () => Program<result>): Promise<result> {
    if (!this.#isWhole || this.#isShared) this.forget()
    const marks = { undo: this.#undo.length, files: this.#files.mark, due: this.#due.length }
    let result: result
    try {
      result = await runAsync(program, this)
    } catch (error) {
      this.forget()
      while (this.#undo.length > marks.undo) await this.#undo.pop()?.()
      this.#files.rewind(marks.files)
      this.#due.length = marks.due
      throw error
    }
    if (!this.#isWhole) await this.#end()
    return result
  }

  /** What was read may have changed: code of the app writes to the database itself. */
  forget(): void {
    this.#known.forget()
    this.#free.clear()
  }

  /** What follows from the writes, and is undone with them. */
  async #end(): Promise<void> {
    if (this.#beyondUndo !== undefined) throw this.#beyondUndo
    await this.#files.clean()
    const due = this.#due.splice(0)
    if (due.length > 0) await this.#options.schedule(due)
  }

  async run(request: StoreRequest): Promise<unknown> {
    switch (request.op) {
      case 'get':
        return this.#get(request)
      case 'byId':
        return this.#byId(request)
      case 'range':
        return this.#range(request)
      case 'page':
        return readPage(this.#db, request)
      case 'search':
        return readSearch(this.#db, request)
      case 'now':
        return this.now
      case 'insert':
        return this.#insert(request)
      case 'patch':
        return this.#patch(request)
      case 'increment':
        return this.#increment(request)
      case 'remove':
        return this.#remove(request)
      case 'schedule':
        this.#due.push(request)
        return undefined
    }
  }

  async call(request: CallRequest): Promise<unknown> {
    await this.#options.prepare()
    const transaction = new HookTransaction(this)
    try {
      return await request.run(transaction)
    } finally {
      transaction.close()
      if (this.#isShared) this.forget()
    }
  }

  async #get(request: GetRequest): Promise<Row | null> {
    const known = this.#known.at(request.table, request.key)
    if (known !== undefined) return known
    const row = await readKey(this.#db, request)
    this.#known.note(request.table, row, request.key)
    if (row === null) this.#noteFree(request.table, request.table.key, request.key)
    return row
  }

  async #byId({ table, id }: ByIdRequest): Promise<Row | null> {
    const known = this.#known.byId(table, id)
    if (known !== undefined) return known
    const row = await readId(this.#db, table, id)
    if (row !== null) this.#known.note(table, row)
    return row
  }

  async #range(request: RangeRequest): Promise<readonly Row[]> {
    const rows = await readRange(this.#db, request)
    const index = request.table.indexes[request.index]
    if (index?.unique === true && rows.length === 0 && request.eq.length === index.columns.length) {
      this.#noteFree(request.table, index.columns, request.eq)
    }
    return rows
  }

  async #insert({ table, row }: InsertRequest): Promise<string> {
    await this.#assertFree(table, row, undefined)
    await this.#files.assertThere(table, row)
    const fields = encodeRow(table, row)
    const named = namedColumn(table)
    if (named !== undefined) fields[namedAt] = await this.#timeOf(row[named] as string)
    const id = await this.#writer.insert(tableName(table), fields)
    this.#known.inserted(table)
    this.#free.delete(table.name)
    this.#undo.push(() => this.#writer.delete(id))
    return id
  }

  async #timeOf(id: string): Promise<number> {
    const time = this.#times.get(id) ?? (await this.#db.get(id))?._creationTime ?? 0
    this.#times.set(id, time)
    return time
  }

  async #patch({ table, row, set }: PatchRequest): Promise<void> {
    const changed = Object.keys(set).filter((name) => !sameValue(row[name], set[name]))
    if (changed.length === 0) return
    const fields = Object.fromEntries(changed.map((name) => [name, set[name]]))
    const id = await this.#idOf(table, row)
    const after = { ...row, ...fields }
    await this.#assertFree(table, after, { id, changed })
    await this.#files.assertThere(table, fields)
    this.#files.leave(table, row, after)
    await this.#writer.patch(id, encodePatch(table, row, fields))
    this.#known.patched(table, id, fields)
    this.#free.delete(table.name)
    const before = Object.fromEntries(changed.map((name) => [name, row[name]]))
    this.#undo.push(() => this.#writer.patch(id, encodePatch(table, after, before)))
  }

  async #increment({ table, key, by }: IncrementRequest): Promise<Row> {
    const row = await this.#get({ op: 'get', table, key })
    if (row === null) {
      const made = firstRow(table, key, by)
      return { ...made, _id: await this.#insert({ op: 'insert', table, row: made }) }
    }
    const set = Object.fromEntries(
      Object.entries(by).map(([name, add]) => [name, (row[name] as number) + add]),
    )
    await this.#patch({ op: 'patch', table, row, set })
    return { ...row, ...set }
  }

  async #remove({ table, row }: RemoveRequest): Promise<void> {
    const id = await this.#idOf(table, row)
    await this.#writer.delete(id)
    this.#known.removed(table, id)
    this.#files.leave(table, row)
    this.#undo.push(async () => {
      this.#beyondUndo ??= new NoboilError(
        'UNSUPPORTED',
        `A call inside a hook failed after it had removed a row of '${table.name}', which Convex cannot undo alone: let the hook fail with it.`,
      )
    })
  }

  /** Programs may have put a row of bookkeeping together from its key. */
  async #idOf(table: Layout, row: Row): Promise<string> {
    const id = row['_id']
    if (typeof id === 'string') return id
    const key = table.key.map((name) => row[name])
    const found = await this.#get({ op: 'get', table, key })
    if (found === null) {
      throw new InvariantError(`Table '${table.name}': the row to write is not there.`)
    }
    return found['_id'] as string
  }

  /** Throws `DUPLICATE` when another row has the row's key or its values in a unique index. */
  async #assertFree(
    table: Layout,
    row: Row,
    own: { readonly id: string; readonly changed: readonly string[] } | undefined,
  ): Promise<void> {
    for (const { name, columns } of uniqueIndexes(table, own !== undefined)) {
      if (own && !columns.some((column) => own.changed.includes(column))) continue
      const values = columns.map((column) => row[column])
      if (values.some((value) => value === undefined || value === null)) continue
      if (this.#free.get(table.name)?.has(placeOf(columns, values))) continue
      const taken = await findTaken(this.#db, table, name, columns, values)
      if (taken !== null && taken !== own?.id) throw duplicate(table, columns)
    }
  }

  #noteFree(table: Layout, columns: readonly string[], values: readonly unknown[]): void {
    const free = this.#free.get(table.name) ?? new Set()
    this.#free.set(table.name, free.add(placeOf(columns, values)))
  }

  get #writer(): Required<Db> {
    if (!this.writable) throw new NoboilError('UNSUPPORTED', 'A query may not write.')
    return this.#db as Required<Db>
  }
}

/** The running transaction as one hook reaches it: its programs run one after another, and none once the hook is over. */
export class HookTransaction implements Transaction {
  readonly session: Session
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false

  constructor(session: Session) {
    this.session = session
  }

  get now(): number {
    return this.session.now
  }

  get writable(): boolean {
    return this.session.writable
  }

  run<result>(program: () => Iterator<unknown, result, unknown>): Promise<result> {
    const running = this.#last.then(() => {
      if (this.#isOver) {
        throw new NoboilError(
          'UNSUPPORTED',
          'The transaction is over; a hook must await what it calls.',
        )
      }
      return this.session.nested(program as () => Program<result>)
    })
    this.#last = running.catch(() => {})
    return running
  }

  afterCommit(): void {
    throw new NoboilError(
      'UNSUPPORTED',
      'Convex runs no code after a commit: schedule an action, as in convexContext(ctx).scheduler.runAfter(0, …).',
    )
  }

  close(): void {
    this.#isOver = true
  }
}

/** What no two rows of a table share. Keys never change, and those from a counter are given once. */
function uniqueIndexes(
  table: Layout,
  isPatch: boolean,
): readonly { readonly name: string; readonly columns: readonly string[] }[] {
  const found = Object.entries(table.indexes)
    .filter(([, index]) => index.unique === true)
    .map(([name, { columns }]) => ({ name: indexName(name), columns }))
  const key = keyIndex(table)
  return key === undefined || isPatch || table.counted === true
    ? found
    : [{ name: key, columns: table.key }, ...found]
}

const placeOf = (columns: readonly string[], values: readonly unknown[]): string =>
  canonicalJson([columns, values])
