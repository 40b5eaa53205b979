/** React hooks for a noboil app on Convex, on Convex's own client. @module */
export { errorCode, errorData, type ErrorHandlers, matchError } from '../errors/match.ts'
