import { NoboilError } from '../errors/error.ts'

/** What a call answers when its hook was given `'skip'`. */
export const nothingSelected = (): NoboilError =>
  new NoboilError('VALIDATION_FAILED', 'Nothing is selected: the hook was skipped.', {
    issues: [{ path: '', message: `The hook was given 'skip'.` }],
  })
