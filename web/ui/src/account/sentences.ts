/** What accounts refuse, as sentences. */
import type { ErrorCode } from '../base/app-error.ts'

export type AccountDoing = 'signIn' | 'signUp' | 'guest' | 'signOut'

export const accountSentences: Partial<
  Readonly<Record<AccountDoing, Partial<Readonly<Record<ErrorCode, string>>>>>
> = {
  signIn: {
    NOT_AUTHENTICATED: 'That email and password do not belong together. Check both and try again.',
    FORBIDDEN: 'That email and password do not belong together. Check both and try again.',
    NOT_FOUND: 'That email and password do not belong together. Check both and try again.',
    VALIDATION_FAILED: 'Check the email address and the password.',
  },
  signUp: {
    DUPLICATE: 'There is already an account with this email. Sign in instead.',
    CONFLICT: 'There is already an account with this email. Sign in instead.',
  },
}
