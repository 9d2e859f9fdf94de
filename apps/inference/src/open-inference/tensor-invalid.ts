import { type DomainError, invalidField } from '@resmask/errors';

/** What is wrong with a tensor. @param field its place in the request, e.g. `inputs[0].shape` */
export function tensorInvalid(field: string, description: string): DomainError {
  return invalidField(field, description, 'TENSOR_INVALID');
}
