/** The app's name, as titles and the brand link say it. */
export const siteName = 'Movie'
