/** The schema, under the SpacetimeDB host's name. @module */
export * from './schema.ts'
