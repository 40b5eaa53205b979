/** The schema, under the Convex host's name. @module */
export * from './schema.ts'
