/** The schema, under the Node host's name. @module */
export * from './schema.ts'
