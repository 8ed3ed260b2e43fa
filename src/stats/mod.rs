//! What is normal, what stands out, who has which share.
