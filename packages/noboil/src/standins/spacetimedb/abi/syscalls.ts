/**
 * The calls that `spacetimedb/server` makes into its host: everything it imports from `spacetime:sys@2.0` and
 * `spacetime:sys@2.1`. Each checks and decodes, and leaves the work to the datastore.
 */
import type { Datastore, RangeBytes } from '../datastore/datastore.ts'
import { AbiError } from '../datastore/errors.ts'
import type { Row, TableChange } from '../datastore/table.ts'
import { decodeRequest, encodeResponse, type HttpFetch } from './http.ts'
import type { Iterators } from './iterators.ts'

/** What the calls need of the host around them. */
export interface SyscallPorts {
  readonly datastore: () => Datastore
  readonly iterators: Iterators
  readonly identity: bigint
  now(): bigint
  http(): HttpFetch
  log(level: number, message: string): void
  /** The JSON of the claims behind a connection; empty when there are none. */
  claims(connectionId: bigint): string
  committed(changes: readonly TableChange[]): void
  callSoon(reducer: string, args: Uint8Array): void
}

export type Syscalls = Readonly<Record<string, unknown>>

/** The symbol under which a module's default export answers with its hooks. */
export const MODULE_HOOKS: unique symbol = Symbol('SpacetimeDB.moduleHooks')

/** Both versions of the interface; `raise` makes the module's own error from a refusal. */
export function createSyscalls(
  ports: SyscallPorts,
  raise: (error: AbiError) => Error,
): { sys20: Syscalls; sys21: Syscalls } {
  const calls = {
    ...tableCalls(ports),
    ...indexCalls(ports),
    ...processCalls(ports),
    ...procedureCalls(ports),
  }
  const guarded = Object.entries(calls).map(([name, call]) => [name, guard(call, raise)])
  const { datastore_clear, ...sys20 } = Object.fromEntries(guarded) as Record<string, unknown>
  return {
    sys20: { ...sys20, moduleHooks: MODULE_HOOKS, register_hooks: ignore },
    sys21: { datastore_clear },
  }
}

type Call = (...args: never[]) => unknown

function guard(call: Call, raise: (error: AbiError) => Error): Call {
  return (...args) => {
    try {
      return call(...args)
    } catch (error) {
      throw error instanceof AbiError ? raise(error) : error
    }
  }
}

function tableCalls({ datastore, iterators }: SyscallPorts): Record<string, Call> {
  return {
    table_id_from_name: (name: string) => datastore().tableId(name),
    index_id_from_name: (name: string) => datastore().indexId(name),
    datastore_table_row_count: (table: number) => datastore().count(table),
    datastore_table_scan_bsatn: (table: number) => iterators.open(datastore().scan(table)),
    row_iter_bsatn_advance: (id: number, buffer: ArrayBuffer) => iterators.advance(id, buffer),
    // Also called when an iterator is garbage, which may be long after its transaction.
    row_iter_bsatn_close: (id: number) => iterators.close(id),
    datastore_insert_bsatn: (table: number, buffer: ArrayBuffer, length: number) =>
      datastore().insert(table, new Uint8Array(buffer, 0, length)),
    datastore_update_bsatn: (table: number, index: number, buffer: ArrayBuffer, length: number) =>
      datastore().update(table, index, new Uint8Array(buffer, 0, length)),
    datastore_delete_all_by_eq_bsatn: (table: number, buffer: ArrayBuffer, length: number) =>
      datastore().deleteEqual(table, new Uint8Array(buffer, 0, length)),
    datastore_clear: (table: number) => datastore().clear(table),
  }
}

function indexCalls({ datastore, iterators }: SyscallPorts): Record<string, Call> {
  const point = (index: number, buffer: ArrayBuffer, length: number): readonly Row[] =>
    datastore().point(index, new Uint8Array(buffer, 0, length))
  const range = (index: number, ...bounds: RangeArguments): readonly Row[] =>
    datastore().range(index, rangeBytes(...bounds))
  return {
    datastore_index_scan_point_bsatn: (index: number, buffer: ArrayBuffer, length: number) =>
      iterators.open(point(index, buffer, length)),
    datastore_index_scan_range_bsatn: (index: number, ...bounds: RangeArguments) =>
      iterators.open(range(index, ...bounds)),
    datastore_delete_by_index_scan_point_bsatn: (
      index: number,
      buffer: ArrayBuffer,
      length: number,
    ) => datastore().deleteRows(index, point(index, buffer, length)),
    datastore_delete_by_index_scan_range_bsatn: (index: number, ...bounds: RangeArguments) =>
      datastore().deleteRows(index, range(index, ...bounds)),
  }
}

type RangeArguments = [
  buffer: ArrayBuffer,
  prefixBytes: number,
  columns: number,
  startBytes: number,
  endBytes: number,
]

function rangeBytes(...[buffer, prefix, columns, start, end]: RangeArguments): RangeBytes {
  return {
    prefix: new Uint8Array(buffer, 0, prefix),
    columns,
    start: new Uint8Array(buffer, prefix, start),
    end: new Uint8Array(buffer, prefix + start, end),
  }
}

function processCalls({ datastore, identity, ...ports }: SyscallPorts): Record<string, Call> {
  const timers = new Map<number, { name: string; started: bigint }>()
  let nextTimer = 1
  return {
    identity: () => identity,
    console_log: (level: number, message: string) => ports.log(level, message),
    console_timer_start: (name: string) => {
      timers.set(nextTimer, { name, started: ports.now() })
      return nextTimer++
    },
    console_timer_end: (id: number) => {
      const timer = timers.get(id)
      if (timer === undefined) throw new AbiError('NoSuchConsoleTimer')
      timers.delete(id)
      ports.log(INFO, `Timing span "${timer.name}": ${ports.now() - timer.started}µs`)
    },
    get_jwt_payload: (connectionId: bigint) => {
      if (datastore().transaction === undefined) throw new AbiError('NotInTransaction')
      return new TextEncoder().encode(ports.claims(connectionId))
    },
    volatile_nonatomic_schedule_immediate: (reducer: string, args: Uint8Array) =>
      ports.callSoon(reducer, Uint8Array.from(args)),
  }
}

function procedureCalls({ datastore, iterators, ...ports }: SyscallPorts): Record<string, Call> {
  const end = (finish: (store: Datastore) => void): void => {
    const store = datastore()
    if (store.transaction !== 'anonymous') throw new AbiError('TransactionNotAnonymous')
    iterators.closeAll()
    finish(store)
  }
  return {
    procedure_start_mut_tx: () => {
      datastore().begin('anonymous')
      return ports.now()
    },
    procedure_commit_mut_tx: () => end((store) => ports.committed(store.commit())),
    procedure_abort_mut_tx: () => end((store) => store.rollback()),
    procedure_http_request: (request: Uint8Array, body: Uint8Array | string) => {
      if (datastore().transaction !== undefined) throw new AbiError('WouldBlockTransaction')
      const decoded = decodeRequest(new Uint8Array(request), body)
      try {
        return encodeResponse(ports.http()(decoded))
      } catch (error) {
        throw new AbiError('HttpError', error instanceof Error ? error.message : String(error))
      }
    },
  }
}

const INFO = 2

function ignore(): void {}
