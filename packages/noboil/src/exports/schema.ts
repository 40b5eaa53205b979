/** One Zod schema in: the declared tables that every host reads. @module */
export {
  type HookContext,
  isInternal,
  type Predicate,
  type PredicateContext,
  type Reader,
  type Writer,
} from '../schema/context.ts'
export {
  type BaseConfig,
  type KvConfig,
  makeBase,
  makeChild,
  makeKv,
  makeLog,
  makeOwned,
  makeQuota,
  makeSingleton,
  type ParentedConfig,
  type QuotaConfig,
  schema,
  type SchemaConfig,
  type Tables,
} from '../schema/define.ts'
export { file, type FileId, files, zid } from '../schema/fields.ts'
export type {
  Action,
  ArgsOf,
  FunctionKind,
  FunctionReference,
  Mutation,
  Query,
  ResultOf,
} from '../schema/reference.ts'
export type { Id, Register, RowOf, User } from '../schema/register.ts'
export type { AnyObject, Field, Fields, FieldType } from '../schema/storable.ts'
export type {
  AnyTable,
  BaseTable,
  ChildTable,
  FactoryName,
  Input,
  KvTable,
  LogTable,
  OwnedTable,
  Payload,
  QuotaTable,
  SingletonTable,
} from '../schema/tables.ts'
