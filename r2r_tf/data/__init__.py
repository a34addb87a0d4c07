"""What is in a batch: pictures, frozen noise, patches, pairs."""
