/** What a conversation is called that has no title yet. */
export const newTitle = "New Conversation";

export const titleOf = ({ title }: { readonly title?: string | undefined }): string => title ?? newTitle;
