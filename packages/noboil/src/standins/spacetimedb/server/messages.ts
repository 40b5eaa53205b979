/**
 * The messages of SpacetimeDB's WebSocket protocol, version 2, as BSATN. Version 3 sends the same, several in a frame.
 * The SDK keeps its own description of them to itself, so this is one from the protocol's public shape.
 */
import {
  BinaryReader,
  BinaryWriter,
  type ConnectionId,
  type Identity,
  t,
  type TimeDuration,
  type Timestamp,
} from 'spacetimedb'
import type { Row } from '../datastore/table.ts'
import { readValue } from '../datastore/value.ts'

/** In the order servers choose from them. */
export const PROTOCOLS = ['v3.bsatn.spacetimedb', 'v2.bsatn.spacetimedb'] as const

export type Protocol = (typeof PROTOCOLS)[number]

type Tagged<tag extends string, value> = { readonly tag: tag; readonly value: value }

export interface QuerySetId {
  readonly id: number
}

/** Rows, one encoded behind the other, and where each begins. */
export interface RowList {
  readonly sizeHint: Tagged<'FixedSize', number> | Tagged<'RowOffsets', bigint[]>
  readonly rowsData: Uint8Array
}

export interface QueryRows {
  readonly tables: { readonly table: string; readonly rows: RowList }[]
}

export interface TableUpdate {
  readonly tableName: string
  readonly rows: (
    | Tagged<'PersistentTable', { readonly inserts: RowList; readonly deletes: RowList }>
    | Tagged<'EventTable', { readonly events: RowList }>
  )[]
}

export interface QuerySetUpdate {
  readonly querySetId: QuerySetId
  readonly tables: TableUpdate[]
}

export interface TransactionUpdate {
  readonly querySets: QuerySetUpdate[]
}

interface Asked {
  readonly requestId: number
}

interface Call extends Asked {
  readonly flags: number
  readonly args: Uint8Array
}

export interface Subscribe extends Asked {
  readonly querySetId: QuerySetId
  readonly queryStrings: string[]
}

export interface Unsubscribe extends Asked {
  readonly querySetId: QuerySetId
  readonly flags: { readonly tag: 'Default' | 'SendDroppedRows' }
}

export interface OneOffQuery extends Asked {
  readonly queryString: string
}

export interface CallReducer extends Call {
  readonly reducer: string
}

export interface CallProcedure extends Call {
  readonly procedure: string
}

export type ClientMessage =
  | Tagged<'Subscribe', Subscribe>
  | Tagged<'Unsubscribe', Unsubscribe>
  | Tagged<'OneOffQuery', OneOffQuery>
  | Tagged<'CallReducer', CallReducer>
  | Tagged<'CallProcedure', CallProcedure>

export interface InitialConnection {
  readonly identity: Identity
  readonly connectionId: ConnectionId
  readonly token: string
}

export interface SubscribeApplied extends Asked {
  readonly querySetId: QuerySetId
  readonly rows: QueryRows
}

export interface UnsubscribeApplied extends Asked {
  readonly querySetId: QuerySetId
  readonly rows: QueryRows | undefined
}

export interface SubscriptionError {
  /** Missing where a subscription ends that was applied before. */
  readonly requestId: number | undefined
  readonly querySetId: QuerySetId
  readonly error: string
}

export interface OneOffQueryResult extends Asked {
  readonly result: Tagged<'Ok', QueryRows> | Tagged<'Err', string>
}

export type ReducerOutcome =
  | Tagged<'Ok', { readonly retValue: Uint8Array; readonly transactionUpdate: TransactionUpdate }>
  | { readonly tag: 'OkEmpty' }
  /** The encoded text of a `SenderError`. */
  | Tagged<'Err', Uint8Array>
  | Tagged<'InternalError', string>

export interface ReducerResult extends Asked {
  readonly timestamp: Timestamp
  readonly result: ReducerOutcome
}

export type ProcedureStatus = Tagged<'Returned', Uint8Array> | Tagged<'InternalError', string>

export interface ProcedureResult extends Asked {
  readonly status: ProcedureStatus
  readonly timestamp: Timestamp
  readonly totalHostExecutionDuration: TimeDuration
}

export type ServerMessage =
  | Tagged<'InitialConnection', InitialConnection>
  | Tagged<'SubscribeApplied', SubscribeApplied>
  | Tagged<'UnsubscribeApplied', UnsubscribeApplied>
  | Tagged<'SubscriptionError', SubscriptionError>
  | Tagged<'TransactionUpdate', TransactionUpdate>
  | Tagged<'OneOffQueryResult', OneOffQueryResult>
  | Tagged<'ReducerResult', ReducerResult>
  | Tagged<'ProcedureResult', ProcedureResult>

/** The messages of one frame: exactly one in version 2. @throws when the bytes are no messages. */
export function decodeClientMessages(bytes: Uint8Array, protocol: Protocol): ClientMessage[] {
  const reader = new BinaryReader(bytes)
  const messages: ClientMessage[] = []
  do {
    // Read once without making anything of it: the SDK's decoder makes room for whatever length it finds.
    const message = new BinaryReader(bytes.subarray(reader.offset))
    readValue(ClientMessages.algebraicType, NO_TYPES, message)
    messages.push(ClientMessages.deserialize(reader))
  } while (reader.remaining > 0 && protocol === 'v3.bsatn.spacetimedb')
  if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes follow the message.`)
  return messages
}

export function encodeServerMessage(message: ServerMessage): Uint8Array {
  const writer = new BinaryWriter(1024)
  ServerMessages.serialize(writer, message)
  return Uint8Array.from(writer.getBuffer())
}

/** For tests of the server with a client of their own. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  const writer = new BinaryWriter(1024)
  ClientMessages.serialize(writer, message)
  return Uint8Array.from(writer.getBuffer())
}

export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return ServerMessages.deserialize(new BinaryReader(bytes))
}

export function rowList(rows: Iterable<Row>): RowList {
  const parts = Array.from(rows, ({ bytes }) => bytes)
  const offsets: bigint[] = []
  let offset = 0
  for (const { length } of parts) {
    offsets.push(BigInt(offset))
    offset += length
  }
  const rowsData = Uint8Array.from(Buffer.concat(parts))
  return { sizeHint: { tag: 'RowOffsets', value: offsets }, rowsData }
}

const NO_TYPES = { types: [] }

const RowListType = t.object('BsatnRowList', {
  sizeHint: t.enum('RowSizeHint', { FixedSize: t.u16(), RowOffsets: t.array(t.u64()) }),
  rowsData: t.byteArray(),
})

const QuerySetIdType = t.object('QuerySetId', { id: t.u32() })

const QueryRowsType = t.object('QueryRows', {
  tables: t.array(t.object('SingleTableRows', { table: t.string(), rows: RowListType })),
})

const TableUpdateRowsType = t.enum('TableUpdateRows', {
  PersistentTable: t.object('PersistentTableRows', { inserts: RowListType, deletes: RowListType }),
  EventTable: t.object('EventTableRows', { events: RowListType }),
})

const TableUpdateType = t.object('TableUpdate', {
  tableName: t.string(),
  rows: t.array(TableUpdateRowsType),
})

const QuerySetUpdateType = t.object('QuerySetUpdate', {
  querySetId: QuerySetIdType,
  tables: t.array(TableUpdateType),
})

const TransactionUpdateType = t.object('TransactionUpdate', {
  querySets: t.array(QuerySetUpdateType),
})

const ReducerOutcomeType = t.enum('ReducerOutcome', {
  Ok: t.object('ReducerOk', { retValue: t.byteArray(), transactionUpdate: TransactionUpdateType }),
  OkEmpty: t.unit(),
  Err: t.byteArray(),
  InternalError: t.string(),
})

const ProcedureStatusType = t.enum('ProcedureStatus', {
  Returned: t.byteArray(),
  InternalError: t.string(),
})

const ClientMessages = t.enum('ClientMessage', {
  Subscribe: t.object('Subscribe', {
    requestId: t.u32(),
    querySetId: QuerySetIdType,
    queryStrings: t.array(t.string()),
  }),
  Unsubscribe: t.object('Unsubscribe', {
    requestId: t.u32(),
    querySetId: QuerySetIdType,
    flags: t.enum('UnsubscribeFlags', { Default: t.unit(), SendDroppedRows: t.unit() }),
  }),
  OneOffQuery: t.object('OneOffQuery', { requestId: t.u32(), queryString: t.string() }),
  CallReducer: t.object('CallReducer', {
    requestId: t.u32(),
    flags: t.u8(),
    reducer: t.string(),
    args: t.byteArray(),
  }),
  CallProcedure: t.object('CallProcedure', {
    requestId: t.u32(),
    flags: t.u8(),
    procedure: t.string(),
    args: t.byteArray(),
  }),
})

const ServerMessages = t.enum('ServerMessage', {
  InitialConnection: t.object('InitialConnection', {
    identity: t.identity(),
    connectionId: t.connectionId(),
    token: t.string(),
  }),
  SubscribeApplied: t.object('SubscribeApplied', {
    requestId: t.u32(),
    querySetId: QuerySetIdType,
    rows: QueryRowsType,
  }),
  UnsubscribeApplied: t.object('UnsubscribeApplied', {
    requestId: t.u32(),
    querySetId: QuerySetIdType,
    rows: t.option(QueryRowsType),
  }),
  SubscriptionError: t.object('SubscriptionError', {
    requestId: t.option(t.u32()),
    querySetId: QuerySetIdType,
    error: t.string(),
  }),
  TransactionUpdate: TransactionUpdateType,
  OneOffQueryResult: t.object('OneOffQueryResult', {
    requestId: t.u32(),
    // A result on the wire; the SDK's builder of results writes errors as if they were answers.
    result: t.enum('OneOffQueryOutcome', { Ok: QueryRowsType, Err: t.string() }),
  }),
  ReducerResult: t.object('ReducerResult', {
    requestId: t.u32(),
    timestamp: t.timestamp(),
    result: ReducerOutcomeType,
  }),
  ProcedureResult: t.object('ProcedureResult', {
    status: ProcedureStatusType,
    timestamp: t.timestamp(),
    totalHostExecutionDuration: t.timeDuration(),
    requestId: t.u32(),
  }),
})
