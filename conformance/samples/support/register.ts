/** The permissions of users, as the writeRole patterns of the kv page read them. */
declare module 'noboil/schema' {
  interface Register {
    user: Permissions
  }
}

export interface Permissions {
  permissions: string[]
}
