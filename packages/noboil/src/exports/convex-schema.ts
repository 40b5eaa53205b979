/** The schema, under the Convex host's name, and what `convex/schema.ts` is made of. @module */
export { type ConvexTables, defineTables, type DefineOptions } from '../hosts/convex/tables.ts'
export * from './schema.ts'
