/**
 * What an app says once about itself, by module augmentation; every `ctx.user` and every row of `users` is typed by it:
 *
 * ```ts
 * declare module 'noboil/schema' {
 *   interface Register { user: { permissions: string[] } }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- only interfaces can be augmented
export interface Register {}

/** An opaque row id that knows its table, and that no other table's operations take. Same brand as Convex's own ids. */
export type Id<table extends string = string> = string & { readonly __tableName: table }

type RegisteredUser = Register extends { user: infer user } ? user : unknown

/** The fields every user has, whatever the app adds. */
export interface UserFields {
  readonly _id: Id<'users'>
  readonly name: string
  readonly image?: string | null
  readonly role?: string | null
}

/** A row of `users`: noboil's fields and the app's registered ones. */
export type User = UserFields & RegisteredUser

/** The row behind an id, as far as the types know it. */
export type RowOf<table extends string> = table extends 'users'
  ? User
  : { readonly _id: Id<table>; readonly _creationTime: number; readonly [field: string]: unknown }
