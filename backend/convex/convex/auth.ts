/** Accounts, by Convex Auth: with a password, or as a guest. */
import { Anonymous } from '@convex-dev/auth/providers/Anonymous'
import { Password } from '@convex-dev/auth/providers/Password'
import { convexAuth } from '@convex-dev/auth/server'
import { ConvexError } from 'convex/values'

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

export const { auth, isAuthenticated, signIn, signOut, store } = convexAuth({
  providers: [
    Password({
      profile: ({ email, name }) => ({
        email: text(email).toLowerCase(),
        // Only somebody new says who they are.
        name: text(name).slice(0, 80) || text(email).split('@', 1)[0] || 'Somebody',
      }),
      validatePasswordRequirements: (password) => {
        if (password.length >= 8) return
        throw new ConvexError({
          code: 'VALIDATION_FAILED',
          message: 'A password needs at least 8 characters.',
        })
      },
    }),
    Anonymous({ profile: () => ({ name: 'Guest', isAnonymous: true }) }),
  ],
})
