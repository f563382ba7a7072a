"""What platform teams keep beside the manifests: catalogues of software, and objects that have charts and folders of
the same repository deployed."""
