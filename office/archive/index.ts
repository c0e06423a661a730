/* The door of the archive: what ended long ago moves out of the live tables, and is read as before. */

export { archiveBefore, type Archived } from './archive.ts';
