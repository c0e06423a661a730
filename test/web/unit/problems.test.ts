import { isOfType, isOutage, noAnswer, troubleOf } from '../../../web/data/problems.ts';

const problem = (type: string, status: number) => ({
  type,
  status,
  title: 'A title',
  detail: 'A sentence.',
  instance: 'x',
});

test('a problem of the API is told as it says it, with its slug and its fields', () => {
  const errors = [{ pointer: '/lines/0/quantity', detail: 'must be at least 1' }];
  expect(troubleOf({ ...problem('/problems/invalid-request', 422), errors })).toEqual({
    title: 'A title',
    detail: 'A sentence.',
    slug: 'invalid-request',
    fields: errors,
  });
  expect(isOfType(problem('/problems/not-found', 404), 'not-found')).toBe(true);
});

test.each([
  ['no answer', new TypeError('Failed to fetch')],
  ['a page of a proxy', noAnswer(502)],
  ['a request that nothing came back for', new DOMException('timed out', 'TimeoutError')],
])('%s says that the service does not answer, and what to do', (_what, error) => {
  expect(troubleOf(error)).toMatchObject({ title: 'The service does not answer', fields: [] });
  expect(troubleOf(error).slug).toBeUndefined();
  expect(troubleOf(error).detail).toContain('try again');
});

test.each([
  [true, new TypeError('Failed to fetch')],
  [true, noAnswer(502)],
  [true, problem('/problems/unavailable', 503)],
  [false, problem('/problems/not-found', 404)],
  [false, new Error('a fault of the page')],
])('whether the same request may well succeed later: %s (%#)', (later, error) => {
  expect(isOutage(error)).toBe(later);
});
