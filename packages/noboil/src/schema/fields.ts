/**
 * Field types that Zod does not have. Each is an ordinary Zod schema with an entry in a registry that {@link describeType} reads.
 */
import * as z from 'zod/v4'
import type { Id } from './register.ts'

/** A stored file: an opaque reference that only the server can turn into a URL. */
export type FileId = Id<'_files'>

export type SpecialField =
  | { readonly kind: 'id'; readonly table: string }
  | { readonly kind: 'file' }
  | { readonly kind: 'files' }

export const specialFields: z.core.$ZodRegistry<SpecialField> = z.registry<SpecialField>()

const maxIdLength = 256

/** The id of a row of `table`. */
export function zid<const table extends string>(table: table): z.ZodType<Id<table>, Id<table>> {
  const schema = z.string().min(1).max(maxIdLength)
  specialFields.add(schema, { kind: 'id', table })
  return schema as unknown as z.ZodType<Id<table>, Id<table>>
}

/** One uploaded file. */
export function file(): z.ZodType<FileId, FileId> {
  const schema = z.string().min(1).max(maxIdLength)
  specialFields.add(schema, { kind: 'file' })
  return schema as unknown as z.ZodType<FileId, FileId>
}

/** Several uploaded files, at most `max` (default 20). */
export function files(options: { readonly max?: number } = {}): z.ZodType<FileId[], FileId[]> {
  const schema = z.array(z.string().min(1).max(maxIdLength)).max(options.max ?? 20)
  specialFields.add(schema, { kind: 'files' })
  return schema as unknown as z.ZodType<FileId[], FileId[]>
}
