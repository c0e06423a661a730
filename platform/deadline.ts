/** Thrown when an answer did not come in time. Its code is the one that the system gives to a connection that went silent. */
class DeadlineError extends Error {
  readonly code = 'ETIMEDOUT';
}

/** What `asked` comes to, or a `DeadlineError` after that long. Whoever was asked is not stopped; its late answer is dropped. */
export async function withinDeadline<Answer>(asked: Promise<Answer>, deadlineMs: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${deadlineMs} ms`)), deadlineMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
