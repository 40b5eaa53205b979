/**
 * The types of `table(s.poll, { … })`: which options a table takes, with a sentence for what it does not.
 */
import type {
  AnyTable,
  BaseTable,
  ChildTable,
  KvTable,
  LogTable,
  OwnedTable,
  Payload,
  QuotaTable,
  SingletonTable,
} from '../schema/tables.ts'
import type { BaseOptionsOf } from './base/types.ts'
import type { ChildOptions, ChildRow } from './child/types.ts'
import type { KvOptions, KvRow } from './kv/types.ts'
import type { LogOptions, LogRow } from './log/types.ts'
import type { OwnedOptions, OwnedRow } from './owned/types.ts'
import type { QuotaOptions } from './quota/types.ts'
import type { SingletonOptions, SingletonRow } from './singleton/types.ts'

/** The options a table takes, by its factory. */
export type OptionsOf<table extends AnyTable> = table extends LogTable
  ? LogOptions<Payload<table>, LogRow<table>>
  : table extends OwnedTable
    ? OwnedOptions<Payload<table>, OwnedRow<table>>
    : table extends ChildTable
      ? ChildOptions<Payload<table>, ChildRow<table>>
      : table extends KvTable
        ? KvOptions<Payload<table>, KvRow<table>>
        : table extends SingletonTable
          ? SingletonOptions<Payload<table>, SingletonRow<table>>
          : table extends QuotaTable
            ? QuotaOptions
            : table extends BaseTable
              ? BaseOptionsOf<table>
              : never

/** A table with its options: what `table()` returns. */
export interface Wired<table extends AnyTable = AnyTable, options = unknown> {
  readonly table: table
  readonly options: options
}

/** An option that the table's factory does not have, as a sentence where it stands. */
export type Known<options, table extends AnyTable> = {
  readonly [
    name in Exclude<keyof options, keyof OptionsOf<table>>
  ]: `'${name & string}' is not an option of a ${table['factory']} table.`
}

export type WireTable = <table extends AnyTable, const options extends OptionsOf<table>>(
  table: table,
  options?: options & Known<options, table>,
) => Wired<table, options>
