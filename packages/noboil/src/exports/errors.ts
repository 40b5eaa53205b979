/** Error codes, their payloads, and how to read them on every host. @module */
export { DefinitionError } from '../errors/assert.ts'
export { fromErrorData, isNoboilError, NoboilError, toErrorData } from '../errors/error.ts'
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
export {
  ERROR_TABLE,
  type ErrorCode,
  type ErrorData,
  type ErrorPayload,
  type ErrorPayloads,
  type Issue,
} from '../errors/table.ts'
