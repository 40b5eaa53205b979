/**
 * Who is using an app, as every app's port says it.
 */
export interface Session {
  readonly user: AppUser | null
  /** True until it is known whether somebody is signed in. */
  readonly isLoading: boolean
  readonly signIn: (input: Credentials) => Promise<unknown>
  readonly signUp: (input: Credentials & { readonly name: string }) => Promise<unknown>
  readonly continueAsGuest: () => Promise<unknown>
  readonly signOut: () => Promise<unknown>
}

export interface Credentials {
  readonly email: string
  readonly password: string
}

export interface AppUser {
  readonly _id: string
  readonly name: string
  readonly email?: string | null | undefined
  readonly image?: string | null | undefined
  /** `'admin'` opens the admin panel; the server has the last word on everything. */
  readonly role: string
  readonly isAnonymous: boolean
}
