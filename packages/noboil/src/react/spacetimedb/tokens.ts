/** The token of this browser's identity: what makes somebody the same person on the next visit. */

/** Where the token of an identity is kept between visits. */
export interface TokenStore {
  get(): string | undefined
  /** Undefined forgets it: the next connection is somebody new. */
  set(token: string | undefined): void
  /** Calls `changed` when another window has set it; the answer stops that. */
  listen?(changed: () => void): () => void
}

/** In this browser's storage, by what they are for; where there is none, as long as the page is open. */
export function browserTokens(uri: string, database: string): TokenStore {
  const key = `noboil ${uri} ${database}`
  let kept: string | undefined
  const storage = storageHere()
  return {
    get: () => storage?.getItem(key) ?? kept,
    set(token) {
      kept = token
      if (token === undefined) return storage?.removeItem(key)
      try {
        storage?.setItem(key, token)
      } catch {
        // It is full: better none than that of somebody else.
        storage?.removeItem(key)
      }
    },
    listen(changed) {
      if (storage === undefined || typeof window === 'undefined') return () => {}
      const heard = (event: StorageEvent): void => {
        if (event.key === key || event.key === null) changed()
      }
      window.addEventListener('storage', heard)
      return () => window.removeEventListener('storage', heard)
    },
  }
}

/** A browser that keeps nothing for this page throws when it is asked. */
function storageHere(): Storage | undefined {
  try {
    return typeof localStorage === 'undefined' ? undefined : localStorage
  } catch {
    return undefined
  }
}
