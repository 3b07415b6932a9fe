"""What mail providers report by webhook of the messages they carried, read by django-anymail."""
