/** Accounts by better-auth for a noboil server. @module */
export {
  betterAuth,
  type BetterAuthConfig,
  type BetterAuthPort,
  type NewAccount,
  type SignInLimits,
} from '../server/auth/better-auth.ts'
